package devicetest

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// Transcript is what was said on a line, in order. Its text form has one line a
// turn: > what the driver wrote, < what it read, ! the error that ended the line,
// each as a Go string; # begins a comment.
type Transcript struct{ Turns []Turn }

// Turn is one side's bytes until the other one speaks.
type Turn struct {
	Kind byte   // '>' written, '<' read, '!' the line ended
	Text string // bytes, or the error
}

// add appends bytes, to the last turn where it is of the same side.
func (t *Transcript) add(kind byte, text string) {
	if n := len(t.Turns); n > 0 && t.Turns[n-1].Kind == kind && kind != '!' {
		t.Turns[n-1].Text += text
		return
	}
	t.Turns = append(t.Turns, Turn{Kind: kind, Text: text})
}

// String is the text form.
func (t Transcript) String() string {
	var b strings.Builder
	for _, x := range t.Turns {
		fmt.Fprintf(&b, "%c %s\n", x.Kind, strconv.QuoteToASCII(x.Text))
	}
	return b.String()
}

// ParseTranscript reads the text form.
func ParseTranscript(text string) (Transcript, error) {
	var t Transcript
	in := bufio.NewScanner(strings.NewReader(text))
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if len(line) < 2 || !strings.Contains("><!", line[:1]) {
			return Transcript{}, fmt.Errorf("read transcript line %d: it begins with none of > < ! #", n)
		}
		said, err := strconv.Unquote(strings.TrimSpace(line[1:]))
		if err != nil {
			return Transcript{}, fmt.Errorf("read transcript line %d: %w", n, err)
		}
		t.add(line[0], said)
	}
	if err := in.Err(); err != nil {
		return Transcript{}, fmt.Errorf("read transcript: %w", err)
	}
	return t, nil
}
