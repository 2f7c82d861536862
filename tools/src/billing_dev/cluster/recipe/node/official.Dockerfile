# kind's own node image; being built here puts our label on it, by which we know our clusters.
ARG OFFICIAL
FROM $OFFICIAL
