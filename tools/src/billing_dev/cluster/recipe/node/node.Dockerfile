# The node's image where kind's own cannot be pulled.
ARG NODE_ROOT
FROM $NODE_ROOT
COPY kind-files/ /
COPY 10-pods.conflist /etc/cni/net.d/10-pods.conflist
COPY programs/kubernetes /usr/local/bin/kubernetes
COPY prepare-node.sh import-images.sh image-names images.tar version /kind/
RUN sh /kind/prepare-node.sh
# systemd asks for these: that it is in a container, and which signal stops it.
ENV container=docker
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]
