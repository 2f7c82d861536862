# A program that needs nothing besides itself.
FROM scratch
COPY program /program
USER 65532:65532
ENTRYPOINT ["/program"]
