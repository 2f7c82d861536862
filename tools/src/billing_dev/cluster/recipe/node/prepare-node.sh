#!/bin/sh
# Turns a plain Debian with kind's own files in it into a node that kind can start.
# It does what kind's base image does, with Debian's packages in place of downloads.
set -eu

chmod 755 /kind /kind/bin /kind/bin/*.sh /kind/import-images.sh /usr/local/bin/entrypoint

# Only the services that kind wants, as in its own image.
find /lib/systemd/system/sysinit.target.wants/ -name systemd-tmpfiles-setup.service -delete
rm -f /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/*
rm -f /lib/systemd/system/local-fs.target.wants/* /lib/systemd/system/basic.target.wants/*
rm -f /lib/systemd/system/sockets.target.wants/*udev* /lib/systemd/system/sockets.target.wants/*initctl*
echo ReadKMsg=no >>/etc/systemd/journald.conf
ln -sf /usr/lib/systemd/systemd /sbin/init
systemctl enable kubelet.service containerd.service undo-mount-hacks.service
systemctl mask systemd-binfmt.service

# kind's files expect these where their own builds of them would be.
for program in containerd ctr containerd-shim-runc-v2; do
    ln -sf "/usr/bin/$program" "/usr/local/bin/$program"
done
mkdir -p /opt/cni/bin /etc/kubernetes/manifests
cp /usr/lib/cni/* /opt/cni/bin/
for program in kubeadm kubelet kubectl; do
    ln -sf /usr/local/bin/kubernetes "/usr/bin/$program"
done

# Raising limits needs CAP_SYS_RESOURCE, which some machines withhold even from root.
sed -i -e '/^Limit/d' -e '/^OOMScoreAdjust/d' \
    -e '/^ExecStart=/a ExecStartPost=/kind/import-images.sh' /etc/systemd/system/containerd.service
sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' /etc/containerd/config.toml
ctr oci spec |
    jq '.hooks.createContainer += [{"path": "/kind/bin/mount-product-files.sh"}]
        | del(.process.rlimits)' >/etc/containerd/cri-base.json
