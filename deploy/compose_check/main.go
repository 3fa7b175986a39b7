// Loads a compose file as the compose plugin does and names its services. Starts nothing, needs no engine.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	environment, files := os.Args[1], os.Args[2:]
	options, err := cli.NewProjectOptions(files, cli.WithEnvFiles(environment), cli.WithDotEnv, cli.WithName("alluvium"))
	if err != nil {
		fail(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		fail(err)
	}
	fmt.Printf("%d services: %s\n", len(project.Services), strings.Join(project.ServiceNames(), " "))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
