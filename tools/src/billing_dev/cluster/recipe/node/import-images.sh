#!/bin/sh
# Gives containerd the images that kubeadm and kubelet ask for by name. No registry is involved:
# /kind/images.tar holds them, /kind/image-names says what each is to be called ("name image").
set -eu

known=$(ctr --namespace k8s.io images list --quiet)
missing=no
while read -r name _; do
    echo "$known" | grep -qxF "$name" || missing=yes
done </kind/image-names
[ "$missing" = yes ] || exit 0

ctr --namespace k8s.io images import --digests=false /kind/images.tar
while read -r name image; do
    ctr --namespace k8s.io images tag --force "$image" "$name"
done </kind/image-names
