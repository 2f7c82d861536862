# Everything that runs as a container in the control plane, as one image: they are one program
# under many names, and what differs is the command that starts them.
ARG NODE_ROOT
FROM $NODE_ROOT AS node
COPY gather-iptables.sh /
RUN /gather-iptables.sh /gathered

FROM scratch
COPY --from=node /gathered/ /
COPY programs/ /usr/local/bin/
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# The one that kubeadm starts without naming its program.
ENTRYPOINT ["/usr/local/bin/coredns"]
