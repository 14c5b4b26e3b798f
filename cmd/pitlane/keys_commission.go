package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/devices/serialport"
	"pitlane/edge/disk"
)

// commissionFile is the name under which an edge finds the file in its folder.
const commissionFile = "cabinet.json"

func commissionCommand(f *keysFlags) *cobra.Command {
	var by, file, data string
	var limit time.Duration
	cmd := &cobra.Command{
		Use:   "commission",
		Short: "learn speed, addresses and polarity with a person at the cabinet, and write them down",
		Long: "Opens the slot --slot (1 when left out) of each board that is found, asks you to close it, to put a key in and to take\n" +
			"it out, and writes what was learnt to a file. At each step: Enter goes on, r does it again, s skips the key sensors,\n" +
			"q ends without writing anything.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check("commission"); err != nil {
				return err
			}
			if by == "" {
				return usage("--by is missing", "name who commissions: --by NAME; it opens slots, so that it is on record who did")
			}
			if file == "" {
				file = filepath.Join(data, commissionFile)
			}
			run := &commissionRun{flags: f, file: file, data: data, out: cmd.OutOrStdout()}
			return run.do(cmd.Context(), cmd.InOrStdin(), by, limit)
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "name of the person at the cabinet")
	cmd.Flags().StringVar(&file, "file", "", "file to write; "+commissionFile+" in --data, or here, when left out")
	cmd.Flags().StringVar(&data, "data", "", "folder of the edge that has the cabinet")
	cmd.Flags().DurationVar(&limit, "limit", time.Minute, "how long one step may take")
	return cmd
}

type commissionRun struct {
	flags      *keysFlags
	file, data string
	out        io.Writer
}

func (r *commissionRun) do(ctx context.Context, in io.Reader, by string, limit time.Duration) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	f := r.flags
	got, err := keycab.Commission(ctx, keycab.CommissionConfig{
		Driver: f.driver, Port: f.port, By: by, Baud: f.baud, Boards: f.boards, Slots: f.slots, Slot: f.slot,
		KeyInput: f.keyInput, Pulse: f.pulse, Limit: limit, Now: time.Now, Tell: r.tell, Says: heardWords(ctx, in),
		Line: func(baud int) devices.Opener {
			return serialport.Opener(serialport.Config{Path: f.port, Baud: baud, Backend: f.backend})
		},
	})
	if err != nil {
		return r.failed(err)
	}
	body, err := got.Encode()
	if err == nil {
		err = writeFile(r.file, body)
	}
	if err != nil {
		return r.failed(fmt.Errorf("keep what was learnt: %w", err))
	}
	return r.put(struct {
		Commissioned bool                `json:"commissioned"`
		File         string              `json:"file"`
		Cabinet      keycab.Commissioned `json:"cabinet"`
	}{true, r.file, got}, "commissioned; written to "+r.file+"\n"+r.next())
}

// next is what the person does with the file.
func (r *commissionRun) next() string {
	if r.data != "" {
		return "the edge takes it up, and writes who commissioned it into its journal, when it is started again\n"
	}
	return "put the file into the edge's folder as " + commissionFile + ", name it in the configuration ([cabinet] commissioned = \"" +
		commissionFile + "\") and start the edge again\n"
}

// heardWords reads what the person types, a line at a time, until the input ends. The
// reader of a terminal cannot be woken: its goroutine ends with the program.
func heardWords(ctx context.Context, in io.Reader) <-chan keycab.CommissionWord {
	says := make(chan keycab.CommissionWord)
	go func() {
		defer close(says)
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			select {
			case says <- wordOf(lines.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	return says
}

func wordOf(line string) keycab.CommissionWord {
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "r", "repeat":
		return keycab.WordRepeat
	case "s", "skip":
		return keycab.WordSkip
	case "q", "abort", "quit":
		return keycab.WordAbort
	}
	return keycab.WordDone
}

func (r *commissionRun) tell(s keycab.CommissionStep) {
	text := s.Text
	if s.OK && text == "" {
		text = "seen"
	}
	_ = r.put(s, "  "+text+"\n") // the person sees that nothing comes
}

func (r *commissionRun) put(v any, text string) error {
	if r.flags.format != "json" {
		_, err := io.WriteString(r.out, text)
		return err
	}
	return json.NewEncoder(r.out).Encode(v)
}

// failed says why nothing was written: 3 where the cabinet is not to be reached.
func (r *commissionRun) failed(err error) error {
	code := exitUnreachable
	if errors.Is(err, keycab.ErrAborted) || errors.Is(err, keycab.ErrNothingMoved) || errors.Is(err, keycab.ErrRefused) {
		code = exitFailure
	}
	f, ok := errors.AsType[*devices.Fault](err)
	if !ok {
		f, code = &devices.Fault{Kind: "interrupted", Message: err.Error(), Hint: "start it again", Err: err}, exitFailure
	}
	if f.Kind == "wrong_usage" {
		code = exitUsage
	}
	if r.flags.format == "json" {
		if err := r.put(struct {
			Commissioned bool       `json:"commissioned"`
			Error        *faultLine `json:"error"`
		}{false, lineOf(f)}, ""); err != nil {
			return err
		}
	}
	return &exit{code: code, err: fmt.Errorf("%s (%s)", f.Message, f.Hint)}
}

// writeFile gives the file its name only when its bytes are on disk.
func writeFile(path string, body []byte) error {
	tmp, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = tmp.Write(body)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".tmp"))
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	return disk.SyncDir(filepath.Dir(path))
}
