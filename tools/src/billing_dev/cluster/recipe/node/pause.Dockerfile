# What each pod's sandbox runs.
FROM scratch
COPY programs/pause /pause
ENTRYPOINT ["/pause"]
