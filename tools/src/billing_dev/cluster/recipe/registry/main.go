// Serves a folder as an image registry.
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
	if len(os.Args) != 3 {
		log.Fatal("usage: registry FOLDER ADDRESS")
	}
	folder, address := os.Args[1], os.Args[2]
	registry := handlers.NewApp(context.Background(), &configuration.Configuration{
		Storage: configuration.Storage{"filesystem": {"rootdirectory": folder}},
	})
	log.Fatal(http.ListenAndServe(address, registry))
}
