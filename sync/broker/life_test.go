package broker_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pitlane/sync/broker"
)

func TestCloseDoesNotWaitForSilentClients(t *testing.T) {
	b, err := broker.Listen(t.Context(), broker.Config{Listen: "127.0.0.1:0", Check: func(string, string) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	mute, known := dial(t, b), dial(t, b)
	known.login("demo-bay-1")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	mute.cut()
	known.cut()
}

func TestPortInUseSaysWhatToDo(t *testing.T) {
	b := start(t)
	_, err := broker.Listen(t.Context(), broker.Config{Listen: b.Address(), Check: func(string, string) bool { return true }})
	le, ok := errors.AsType[*broker.ListenError](err)
	if !ok || !strings.Contains(le.Hint, "another program") || !strings.Contains(err.Error(), b.Address()) {
		t.Errorf("got %v, want an error with a hint", err)
	}
}
