# One static binary on an empty image: nothing else is in it to keep up to date.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /umuryango ./cmd/umuryango

FROM scratch
COPY --from=build /umuryango /umuryango
ENTRYPOINT ["/umuryango"]
CMD ["--help"]
