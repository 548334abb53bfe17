import Domain
import Ports
import Seccomp

/// A seccomp profile: decoding, rules, and a program made by libseccomp where that is cheap.
@Sendable func fuzzSeccomp(_ input: [UInt8]) throws {
  guard let json = try parsed(input) else { return }
  let holder = JSON.object([.init("linux", .object([.init("seccomp", json)]))])
  guard let document = try decoded(holder, Document.init(decoding:)), let profile = document.linux?.seccomp
  else {
    return
  }
  try hold(
    try decoded(document.json, Document.init(decoding:)) == document,
    "a profile is the same after it was written and read")
  _ = profile.contentName(salt: "fuzz")
  let violations = ValidationRule.violations(of: document, on: Facts())
  for violation in violations { try holdOneLine(violation.description) }
  let refused = violations.contains { $0.pointer.text.hasPrefix("/linux/seccomp") }
  let size = profile.syscalls.reduce(0) { $0 + $1.names.count * max(1, $1.args.count) }
  guard !refused, size <= 64 else { return }
  let filter = try accepted { () throws(SeccompError) in try LibseccompCompiler().compile(profile) }
  guard let filter else { return }
  try hold(!filter.program.isEmpty && filter.program.count % 8 == 0, "a program is a list of instructions")
}
