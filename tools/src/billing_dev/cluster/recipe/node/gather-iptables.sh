#!/bin/sh
# Copies iptables, a shell and the libraries they need into a folder of their own: all that
# kube-proxy and the policy enforcer need beside their own program.
set -eu
target=$1

libraries() { ldd "$@" | grep -o '/[^ ]*' | grep -v ':$' | sort -u; }

mkdir -p "$target/bin" "$target/usr/sbin" "$target/tmp" "$target/run"
cp /bin/dash "$target/bin/sh"
cp /usr/sbin/xtables-nft-multi "$target/usr/sbin/"
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -s xtables-nft-multi "$target/usr/sbin/$name"
done
# shellcheck disable=SC2046  # one path per line, none with spaces
cp --parents --dereference $(libraries /bin/dash /usr/sbin/xtables-nft-multi /usr/lib/*/xtables/*.so) \
    "$target"
cp --parents /usr/lib/*/xtables/*.so "$target"
