// Plays one scenario of gRPC as a user of google.golang.org/grpc writes it: `story SCENARIO
// TREATYD`.
//
// It serves the participants as well. A line of JSON tells how the story ended; when the input
// ends, another tells the calls that the participants had.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"google.golang.org/grpc/status"
)

// patience is what all of a scenario's own calls may take.
const patience = 20 * time.Second

// Told is the first line of output.
type Told struct {
	Gid   string  `json:"gid"`
	Error *string `json:"error"`
	Facts any     `json:"facts"`
}

// play plays a scenario to its end.
func play(ctx context.Context, story *Story, run scenario) (Told, error) {
	facts, err := run(story, ctx)
	failure, isStatus := status.FromError(err)
	if !isStatus {
		return Told{}, err
	}
	told := Told{Gid: story.gid, Facts: facts}
	if err != nil {
		text := fmt.Sprintf("%s: %s", codeOf(err), failure.Message())
		told.Error = &text
	}
	return told, nil
}

// run plays what the command line names, and serves until the input ends.
func run(name, treatyd string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	scenario, known := scenarios[name]
	if !known {
		return fmt.Errorf("no scenario %q", name)
	}
	story, err := NewStory(ctx, treatyd)
	if err != nil {
		return err
	}
	defer story.server.Stop()
	told, err := play(ctx, story, scenario)
	if err != nil {
		return err
	}
	output := json.NewEncoder(os.Stdout)
	if err := output.Encode(told); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return output.Encode(story.calls.All())
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: story SCENARIO TREATYD")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}
