package shop

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"pitlane/edge/tlog"
)

// Secrets are 192 random bits: the iterations only have to satisfy the form.
const (
	iterations     = 1000
	mostIterations = 10_000_000
	saltLen        = 12
	hashLen        = 64
)

// passwdLine is a line of a Mosquitto password file:
// user:$7$iterations$salt$hash, PBKDF2 with HMAC-SHA-512, salt and hash in base64.
func passwdLine(user, password string) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	h, err := pbkdf2.Key(sha512.New, password, salt, iterations, hashLen)
	if err != nil {
		return "", fmt.Errorf("hash the link's secret: %w", err)
	}
	e := base64.StdEncoding
	return fmt.Sprintf("%s:$7$%d$%s$%s", user, iterations, e.EncodeToString(salt), e.EncodeToString(h)), nil
}

// withLine is a password file with the user's line replaced or added.
func withLine(path, user, line string) ([]byte, error) {
	was, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the broker's passwords: %w", err)
	}
	var out bytes.Buffer
	for l := range strings.Lines(string(was)) {
		if !strings.HasPrefix(l, user+":") {
			out.WriteString(strings.TrimRight(l, "\n") + "\n")
		}
	}
	out.WriteString(line + "\n")
	return out.Bytes(), nil
}

// CheckPassword checks a user's password against a password file in Mosquitto's
// form ($7$). A user who is not in the file has the wrong password; an error says
// that the file cannot be read or that the user's line is damaged.
func CheckPassword(passwdFile, user, password string) (bool, error) {
	b, err := os.ReadFile(passwdFile)
	if err != nil {
		return false, fmt.Errorf("read the broker's passwords: %w", err)
	}
	for l := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(strings.TrimRight(l, "\r\n"), user+":"); ok && user != "" {
			return checkHash(rest, password)
		}
	}
	return false, nil
}

// checkHash checks a password against $7$iterations$salt$hash.
func checkHash(form, password string) (bool, error) {
	parts := strings.Split(form, "$")
	if len(parts) != 5 || parts[0] != "" || parts[1] != "7" {
		return false, errors.New("a password line is not of the form $7$iterations$salt$hash")
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil || n < 1 || n > mostIterations {
		return false, fmt.Errorf("a password line of %.20q iterations", parts[2])
	}
	salt, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil {
		return false, errors.New("a password line whose salt is not base64")
	}
	want, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(want) != hashLen {
		return false, errors.New("a password line whose hash is not 64 bytes in base64")
	}
	got, err := pbkdf2.Key(sha512.New, password, salt, n, hashLen)
	if err != nil {
		return false, fmt.Errorf("hash a password: %w", err)
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// acl is the broker's access list in Mosquitto's form: every node writes only
// under its own name and reads what all nodes send up; a central also writes what
// goes down. %u is the user's name. The shared read is given node by node: as a
// pattern it would hold for clients without a name too.
func acl(nodes []tlog.RosterNode) []byte {
	var b strings.Builder
	b.WriteString("# Written by `pitlane shop`; changes are lost with the next node.\n")
	b.WriteString("pattern write pitlane/v1/%u/up/#\n")
	b.WriteString("pattern read pitlane/v1/%u/down/#\n")
	for _, n := range nodes {
		fmt.Fprintf(&b, "\nuser %s\ntopic read pitlane/v1/+/up/#\n", n.Name)
		if n.Role == RoleCentral {
			b.WriteString("topic write pitlane/v1/+/down/#\n")
		}
	}
	return []byte(b.String())
}
