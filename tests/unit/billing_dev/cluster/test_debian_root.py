"""Images made out of a folder, where the Docker command does not do its part."""

from pathlib import Path

import pytest

from billing_dev.cluster.debian_root import import_folder
from billing_dev.cluster.errors import ClusterError


@pytest.mark.timeout(60)
def test_an_import_that_ends_early_is_told_and_waited_for_by_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    docker = tmp_path / "bin/docker"
    docker.parent.mkdir()
    docker.write_text("#!/bin/sh\necho no engine >&2\n[ $1 = rmi ]\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    monkeypatch.setenv("BILLING_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "root"
    root.mkdir()
    (root / "larger-than-a-pipe").write_bytes(bytes(1_000_000))

    with pytest.raises(ClusterError, match=r"(?s)making an image of .*root failed.*no engine"):
        import_folder(root, "billing-root-test:1")
