# What the project's own images start from, with the certificates that this machine trusts:
# behind a proxy that has its own, pip inside a build finds nothing without them.
ARG PYTHON
FROM $PYTHON
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt
