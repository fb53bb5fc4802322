# gonogo as an image: one static program, no shell, no root.
#
#   docker build --build-arg COMMIT=$(git rev-parse HEAD) -t gonogo .
#   docker run -e SLACK_BOT_TOKEN -e SLACK_APP_TOKEN -v gonogo:/data \
#     -v ./gonogo.yml:/etc/gonogo/gonogo.yml:ro -p 8080:8080 gonogo
#
# The configuration names the ledger below /data (storage: { bolt: /data/gonogo.db })
# and listens on all addresses (listen: 0.0.0.0:8080). Gates of the kind command
# need their programs: build an image with them on top of one that has a shell.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# timetzdata puts the time zones into the program, since the image has none. The
# repository isn't copied, so gonogo version learns the commit from COMMIT.
ARG COMMIT
RUN CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags "-s -w -X main.buildCommit=$COMMIT" -o /out/gonogo ./bot && mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/gonogo /gonogo
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/gonogo"]
CMD ["serve", "--config", "/etc/gonogo/gonogo.yml"]
