package pitlane_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// documents are those that say what the code is: not the decisions, which are never
// edited, nor the changelog.
func documents(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("docs/guides/*.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range append(files, "README.md", "devices/README.md", "docs/ARCHITECTURE.md", "docs/GUARANTEES.md", "docs/BENCHMARKS.md") {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[f] = string(b)
	}
	return texts
}

// floorsDrawn reads the table of the architecture: room → floor.
func floorsDrawn(text string) map[string]int {
	row, quoted := regexp.MustCompile(`(?m)^\| (\d) [^|]*\|([^|]*)\|`), regexp.MustCompile("`([^`]+)`")
	drawn := map[string]int{}
	for _, r := range row.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(r[1]) // it is a digit
		for _, room := range quoted.FindAllStringSubmatch(r[2], -1) {
			drawn[room[1]] = n
		}
	}
	return drawn
}

func TestTheArchitectureDrawsEveryRoomOnItsFloor(t *testing.T) {
	text := documents(t)["docs/ARCHITECTURE.md"]
	drawn := floorsDrawn(text)
	graph := importGraph(t)
	delete(graph, "housetest") // which stands beside them
	for room := range graph {
		if n, ok := drawn[room]; !ok || n != floorOf(room) {
			t.Errorf("%s stands on floor %d; it is drawn: %t, on floor %d", room, floorOf(room), ok, n)
		}
		if !strings.Contains(text, "\n| `"+room+"` | ") {
			t.Errorf("%s has no sentence", room)
		}
	}
	for room := range drawn {
		if _, ok := graph[room]; !ok {
			t.Errorf("%s is drawn and not there", room)
		}
	}
}

// testsOf is every test, fuzz target and benchmark of the house, and its rooms.
func testsOf(t *testing.T) map[string][]string {
	t.Helper()
	function, tests := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`), map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		b, err := os.ReadFile(path)
		for _, m := range function.FindAllStringSubmatch(string(b), -1) {
			tests[m[1]] = append(tests[m[1]], filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

// untold lists the tests that a text names and that are not there: behind the name of a
// room in the same line, a test is one of that room. "The TestX tests" are all that
// begin so.
func untold(text string, tests map[string][]string) []string {
	word := regexp.MustCompile("`((?:edge|sync|cmd|devices)(?:/[a-z-]+)?)`" + `|\b((?:Test|Fuzz|Benchmark)[A-Z]\w*)( tests)?`)
	var found []string
	for n, line := range strings.Split(text, "\n") {
		room := ""
		for _, m := range word.FindAllStringSubmatch(line, -1) {
			name := m[2]
			if m[1] != "" {
				room = m[1]
				continue
			}
			in := func(test string) bool { return room == "" || slices.Contains(tests[test], room) }
			there := len(tests[name]) > 0 && in(name)
			if m[3] != "" {
				for test := range tests {
					there = there || strings.HasPrefix(test, name) && in(test)
				}
			}
			if !there {
				found = append(found, fmt.Sprintf("line %d: no %s in %q", n+1, name, room))
			}
		}
	}
	return found
}

func TestEveryTestThatADocumentNamesIsThere(t *testing.T) {
	tests := testsOf(t)
	for file, text := range documents(t) {
		for _, u := range untold(text, tests) {
			t.Errorf("%s, %s", file, u)
		}
	}
	planted := "| x | `edge/job` TestKey, TestOfNobody, `edge/bay` TestKey, the TestKe tests |"
	if got := untold(planted, map[string][]string{"TestKey": {"edge/job"}}); len(got) != 3 {
		t.Errorf("of three planted ones it finds %q", got)
	}
}

// missing lists what a text names, or leads to, and is not there: files and folders of
// the house in code type, and links, which begin at the text's own folder.
func missing(text, dir string) []string {
	named := regexp.MustCompile("`((?:edge|sync|cmd|devices|docs|deploy|kiosk-ui|housetest)/[a-zA-Z0-9_./-]+)`")
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	var paths, found []string
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		paths = append(paths, m[1])
	}
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		paths = append(paths, filepath.Join(dir, m[1]))
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			found = append(found, path)
		}
	}
	return found
}

func TestEveryFileThatADocumentNamesIsThere(t *testing.T) {
	for file, text := range documents(t) {
		for _, path := range missing(text, filepath.Dir(file)) {
			t.Errorf("%s names %s, which is not there", file, path)
		}
	}
	planted := "`edge/job/words.go`, `edge/job/none.go`, [a](GUARANTEES.md) and [b](NONE.md)"
	if got := missing(planted, "docs"); !slices.Equal(got, []string{"edge/job/none.go", "docs/NONE.md"}) {
		t.Errorf("of two planted ones it finds %q", got)
	}
}

func TestTheGlossarySaysEachWordOnce(t *testing.T) {
	b, err := os.ReadFile("docs/GLOSSARY.md")
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \|[^|]+\|[^|]+\|$`).FindAllStringSubmatch(string(b), -1)[1:] {
		words = append(words, strings.ToLower(row[1]))
	}
	for i := range words[1:] {
		if words[i] >= words[i+1] {
			t.Errorf("%q stands before %q", words[i], words[i+1])
		}
	}
	if len(words) < 80 {
		t.Errorf("only %d words were found: the table is not read", len(words))
	}
}
