package tlog_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed are the packages that what a log is may be made of: bytes, hashes,
// signatures and text. rand salts openings, time tells what is written in an entry.
func allowed() []string {
	return []string{
		"bytes", "encoding/base64", "encoding/binary", "encoding/hex", "encoding/json", "errors", "fmt", "maps", "math/bits",
		"slices", "strconv", "strings", "time", "crypto/ed25519", "crypto/hmac", "crypto/rand", "crypto/sha256",
		"golang.org/x/mod/sumdb/note", "golang.org/x/mod/sumdb/tlog",
	}
}

// impure lists what a file of this room must not do.
func impure(file *ast.File) []string {
	var found []string
	for _, i := range file.Imports {
		if path, err := strconv.Unquote(i.Path.Value); err != nil || !slices.Contains(allowed(), path) {
			found = append(found, "imports "+i.Path.Value)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = append(found, "starts a goroutine")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "NewTimer", "NewTicker", "Sleep"}, n.Sel.Name) {
				found = append(found, "reads a clock")
			}
		}
		return true
	})
	return found
}

func TestALogNeedsNoDiskNoClockAndNoGoroutine(t *testing.T) {
	names, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, n := range names {
		if !strings.HasSuffix(n.Name(), ".go") || strings.HasSuffix(n.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), n.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range impure(file) {
			t.Errorf("%s %s", n.Name(), what)
		}
		looked++
	}
	if looked < 10 {
		t.Errorf("only %d files were looked at", looked)
	}
	const planted = "package p\nimport (\"os\"; \"time\")\nfunc f() { go f(); _ = time.Now(); _, _ = os.Getwd() }\n"
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", planted, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := impure(file), []string{`imports "os"`, "starts a goroutine", "reads a clock"}; !slices.Equal(got, want) {
		t.Errorf("of a planted file it finds %q, want %q", got, want)
	}
}
