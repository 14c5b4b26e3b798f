// Package pitlane_test holds the rules of the house that no single room can hold:
// who may import whom, and what no file may contain.
package pitlane_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// floors are the floors of the house, lowest first. A pattern ending in /* is any
// room directly below that folder. Rooms above import from rooms below, never
// sideways.
func floors() [][]string {
	return [][]string{
		{"edge/tlog", "edge/redo", "edge/disk", "housetest"},
		{"edge/job", "edge/journal", "edge/clocks", "devices", "kiosk-ui"},
		{"devices/*", "edge/board", "edge/web", "edge/shop", "edge/receipt", "edge/timers", "edge/vault", "sync/wire", "sync/broker"},
		{"edge/bay", "edge/desk", "edge/hub", "sync/link", "sync/central"},
		{"edge"},
		{"sync/node"},
		{"cmd/*"},
	}
}

// wings are the top folders; a folder imports only from those right of it.
func wings() []string { return []string{"cmd", "sync", "edge", "devices", "kiosk-ui", "housetest"} }

func floorOf(room string) int {
	for n, rooms := range floors() {
		for _, r := range rooms {
			if r == room || strings.HasSuffix(r, "/*") && filepath.Dir(room) == strings.TrimSuffix(r, "/*") {
				return n
			}
		}
	}
	return -1
}

func wingOf(room string) int {
	top, _, _ := strings.Cut(room, "/")
	return slices.Index(wings(), top)
}

// breaches lists what an import graph (room → rooms, paths below the module) does
// against the floors.
func breaches(graph map[string][]string) []string {
	var found []string
	for room, imports := range graph {
		if floorOf(room) < 0 {
			found = append(found, room+" stands on no floor: name it in the design and in floors()")
			continue
		}
		for _, to := range imports {
			switch {
			case floorOf(to) < 0: // said once, for the room itself
			case to == "housetest":
				found = append(found, room+" imports housetest: only tests do")
			case floorOf(to) >= floorOf(room):
				found = append(found, fmt.Sprintf("%s (floor %d) imports %s (floor %d)", room, floorOf(room), to, floorOf(to)))
			case wingOf(to) < wingOf(room) || wingOf(room) == 4 && wingOf(to) != 4 || wingOf(room) == 3 && wingOf(to) == 4:
				found = append(found, fmt.Sprintf("%s imports %s: no arrow goes from %s to %s", room, to, wings()[wingOf(room)], wings()[wingOf(to)]))
			}
		}
		if filepath.Base(room) == "util" || filepath.Base(room) == "utils" {
			found = append(found, room+": no room is called util")
		}
	}
	slices.Sort(found)
	return found
}

func importGraph(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,GoFiles", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list the packages: %v\n%s", err, stderr.String())
	}
	graph := map[string][]string{}
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p struct {
			ImportPath       string
			Imports, GoFiles []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return graph
		} else if err != nil {
			t.Fatal(err)
		}
		room := strings.TrimPrefix(p.ImportPath, "pitlane/")
		if room == "pitlane" || len(p.GoFiles) == 0 {
			continue // the root holds tests of the house only
		}
		graph[room] = []string{}
		for _, i := range p.Imports {
			if in, ok := strings.CutPrefix(i, "pitlane/"); ok {
				graph[room] = append(graph[room], in)
			}
		}
	}
}

func TestFloors(t *testing.T) {
	graph := importGraph(t)
	if len(graph) < 20 {
		t.Fatalf("only %d rooms found: the list is not the house", len(graph))
	}
	for _, b := range breaches(graph) {
		t.Error(b)
	}
}

func TestFloorsFindsAPlantedBreach(t *testing.T) {
	graph := importGraph(t)
	for name, c := range map[string]struct {
		room, imports string
		want          string
	}{
		"up":             {"edge/board", "edge/hub", "edge/board (floor 2) imports edge/hub (floor 3)"},
		"sideways":       {"edge/bay", "edge/desk", "edge/bay (floor 3) imports edge/desk (floor 3)"},
		"words sideways": {"edge/journal", "edge/job", "edge/journal (floor 1) imports edge/job (floor 1)"},
		"bytes to disk":  {"edge/tlog", "edge/journal", "edge/tlog (floor 0) imports edge/journal (floor 1)"},
		"edge to sync":   {"edge/hub", "sync/wire", "edge/hub imports sync/wire: no arrow goes from edge to sync"},
		"device to edge": {"devices/obd", "edge/job", "devices/obd imports edge/job: no arrow goes from devices to edge"},
		"tests' things":  {"edge/board", "housetest", "edge/board imports housetest: only tests do"},
		"no floor":       {"edge/extra", "edge/job", "edge/extra stands on no floor: name it in the design and in floors()"},
	} {
		t.Run(name, func(t *testing.T) {
			planted := maps.Clone(graph)
			planted[c.room] = append(slices.Clone(graph[c.room]), c.imports)
			if got := breaches(planted); !slices.Contains(got, c.want) {
				t.Errorf("planted %s → %s\n got %q\nwant %q", c.room, c.imports, got, c.want)
			}
		})
	}
}

// sources calls f with every Go file of the house that is not a test.
func sources(t *testing.T, f func(path string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		f(path, file, fset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// oddities lists what no file of the house may contain.
func oddities(path string, file *ast.File, fset *token.FileSet) []string {
	var found []string
	say := func(pos token.Pos, what string) {
		found = append(found, fmt.Sprintf("%s:%d: %s", path, fset.Position(pos).Line, what))
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				say(d.Pos(), "no init()")
			}
		case *ast.GenDecl:
			if d.Tok != token.VAR {
				continue
			}
			for _, s := range d.Specs {
				if v := s.(*ast.ValueSpec); !constantLike(v, d) {
					say(v.Pos(), "mutable global "+v.Names[0].Name)
				}
			}
		}
	}
	return found
}

// constantLike reports whether a package variable is one that nobody can or would
// change: an error value, a regexp, a table built once, an embedded file, or a type
// assertion.
func constantLike(v *ast.ValueSpec, d *ast.GenDecl) bool {
	if v.Names[0].Name == "_" || d.Doc != nil && strings.Contains(docText(d), "go:embed") {
		return true
	}
	for _, val := range v.Values {
		call, ok := val.(*ast.CallExpr)
		if !ok {
			return false
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok || !slices.Contains([]string{"errors.New", "fmt.Errorf", "regexp.MustCompile", "sync.OnceValue"}, x.Name+"."+sel.Sel.Name) {
			return false
		}
	}
	return len(v.Values) > 0
}

func docText(d *ast.GenDecl) string {
	var b strings.Builder
	for _, c := range d.Doc.List {
		b.WriteString(c.Text)
	}
	return b.String()
}

func TestNoInitAndNoMutableGlobals(t *testing.T) {
	sources(t, func(path string, file *ast.File, fset *token.FileSet) {
		for _, o := range oddities(path, file, fset) {
			t.Error(o)
		}
	})
}

func TestNoInitAndNoMutableGlobalsFindsPlantedOnes(t *testing.T) {
	const planted = "package p\nvar cache = map[string]int{}\nvar n int\nfunc init() {}\n"
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", planted, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"p.go:2: mutable global cache", "p.go:3: mutable global n", "p.go:4: no init()"}
	if got := oddities("p.go", file, fset); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEveryRoomHasASentenceOverItsDoor(t *testing.T) {
	said := map[string]bool{}
	sources(t, func(path string, file *ast.File, _ *token.FileSet) {
		dir := filepath.Dir(path)
		said[dir] = said[dir] || file.Doc != nil && len(file.Doc.Text()) > 20
	})
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}
