// Serves a folder as an image registry, on every address that is named.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: registry FOLDER ADDRESS...")
	}
	folder, addresses := os.Args[1], os.Args[2:]
	registry := handlers.NewApp(context.Background(), &configuration.Configuration{
		Storage: configuration.Storage{"filesystem": {"rootdirectory": folder}},
	})
	failed := make(chan error)
	for _, address := range addresses {
		go func() { failed <- http.ListenAndServe(address, registry) }()
	}
	log.Fatal(<-failed)
}
