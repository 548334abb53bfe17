#!/usr/bin/python3
"""Makes one call of the container runtime interface: cri_call.py SOCKET SERVICE/METHOD, the request's bytes on standard
input, the answer's on standard output. Debian's gRPC library is only there for Debian's python."""
import sys

import grpc

with grpc.insecure_channel(f"unix://{sys.argv[1]}") as channel:
    call = channel.unary_unary(f"/runtime.v1.{sys.argv[2]}", request_serializer=bytes, response_deserializer=bytes)
    try:
        sys.stdout.buffer.write(call(sys.stdin.buffer.read(), timeout=120, wait_for_ready=True))
    except grpc.RpcError as error:
        sys.exit(error.details())
