package devicetest_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/devicetest"
)

// converse writes ?, reads three bytes, and reads on to the end of the line.
func converse(t *testing.T, open devices.Opener) (got string, err error) {
	t.Helper()
	p, err := open(t.Context())
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.SetReadTimeout(5 * time.Millisecond); err != nil {
		return "", err
	}
	if _, err := p.Write([]byte("?")); err != nil {
		return "", err
	}
	for buf := make([]byte, 2); ; {
		n, err := p.Read(buf)
		got += string(buf[:n])
		if err != nil {
			return got, err
		}
		if got == "on\n" {
			return got, nil
		}
	}
}

func TestWhatIsRecordedIsPlayed(t *testing.T) {
	w := devicetest.NewWire()
	go shine(w)
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	rec := devicetest.NewRecorder(w.Opener())
	if got, err := converse(t, rec.Opener()); err != nil || got != "on\n" {
		t.Fatalf("%q, %v", got, err)
	}
	text := rec.Transcript().String()
	if want := "> \"?\"\n< \"on\\n\"\n"; text != want {
		t.Fatalf("transcript %q, want %q", text, want)
	}
	back, err := devicetest.ParseTranscript("# a comment\n\n" + text)
	if err != nil || !slices.Equal(back.Turns, rec.Transcript().Turns) {
		t.Fatalf("parsed %v, %v", back, err)
	}
	play := devicetest.NewPlayback(back)
	if play.Done() == nil {
		t.Error("done before it began")
	}
	if got, err := converse(t, play.Opener()); err != nil || got != "on\n" {
		t.Errorf("played %q, %v", got, err)
	}
	if err := play.Done(); err != nil {
		t.Error(err)
	}
}

func TestAPlaybackSeesOtherWordsAndTheEnd(t *testing.T) {
	other := devicetest.NewPlayback(devicetest.Transcript{Turns: []devicetest.Turn{{Kind: '>', Text: "!"}}})
	if _, err := converse(t, other.Opener()); err == nil || other.Done() == nil {
		t.Errorf("a driver with other words passed: %v, %v", err, other.Done())
	}
	cut, err := devicetest.ParseTranscript("> \"?\"\n< \"o\"\n! \"gone\"\n")
	if err != nil {
		t.Fatal(err)
	}
	play := devicetest.NewPlayback(cut)
	if got, err := converse(t, play.Opener()); got != "o" || !errors.Is(err, devices.ErrUnplugged) {
		t.Errorf("%q, %v, want o and unplugged", got, err)
	}
	if err := play.Done(); err != nil {
		t.Error(err)
	}
}

func FuzzTranscript(f *testing.F) {
	f.Add("> \"?\"\n< \"on\\n\"\n! \"gone\"\n# end")
	f.Add("> \"\\x00\\xff\"\n> \"b\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		first, err := devicetest.ParseTranscript(text)
		if err != nil {
			return
		}
		again, err := devicetest.ParseTranscript(first.String())
		if err != nil || !slices.Equal(first.Turns, again.Turns) {
			t.Errorf("%q came back as %q, %v", first, again, err)
		}
	})
}
