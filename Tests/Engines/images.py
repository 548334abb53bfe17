"""An image of one layer, in the archive that `docker save` makes: engines load it without a registry."""
import hashlib
import io
import json
import pathlib
import subprocess
import tarfile


def save(file, name, root, **config):
    """Writes an archive of the folder `root`, as the image `name` (with its tag) and this configuration."""
    layer = subprocess.run(["tar", "-C", root, "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-c", "."],
                           check=True, stdout=subprocess.PIPE).stdout
    settings = {"architecture": "amd64", "os": "linux", "config": config,
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    with tarfile.open(file, "w") as archive:
        for member, data in (("layer.tar", layer), ("config.json", json.dumps(settings).encode()),
                             ("manifest.json", json.dumps(manifest).encode())):
            header = tarfile.TarInfo(member)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    return pathlib.Path(file)
