package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// entry is one of a ZIP file.
type entry struct {
	name, text string
	mode       fs.FileMode
}

func zipped(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode | 0o644)
		into, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(into, e.text)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func extract(file []byte, dir string) error {
	return Extract(context.Background(), bytes.NewReader(file), int64(len(file)), dir)
}

func TestExtract(t *testing.T) {
	dir := t.TempDir()
	if err := extract(zipped(t, entry{name: "a.xml", text: "one"}, entry{name: "sub/", mode: fs.ModeDir}, entry{name: "sub/deep/b.xml", text: "two"}), dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a.xml": "one", "sub/deep/b.xml": "two"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != want || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestExtractRefuses(t *testing.T) {
	var many []entry
	for i := range MostEntries + 1 {
		many = append(many, entry{name: fmt.Sprint(i)})
	}
	lying := zipped(t, many...)
	binary.LittleEndian.PutUint16(lying[len(lying)-endSize+10:], 1) // entries in all
	understated := zipped(t, entry{name: "a", text: strings.Repeat("x", 1000)})
	directory := bytes.LastIndex(understated, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(understated[directory+24:], 10) // uncompressed size
	elsewhere := zipped(t, entry{name: "a"})
	binary.LittleEndian.PutUint32(elsewhere[len(elsewhere)-endSize+12:], 1) // size of the directory
	whole := zipped(t, entry{name: "a", text: "one"})
	for name, tt := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":             {nil, "it isn't a ZIP file"},
		"another file":        {bytes.Repeat([]byte("x"), 100), "it isn't a ZIP file"},
		"cut off":             {whole[:len(whole)-5], "it isn't a ZIP file"},
		"damaged inside":      {bytes.Replace(whole, []byte("PK\x03\x04"), []byte("PK\x03\x05"), 1), "it isn't a ZIP file"},
		"outside":             {zipped(t, entry{name: "../a"}), "an entry outside of its own folder"},
		"absolute":            {zipped(t, entry{name: "/a"}), "an entry outside of its own folder"},
		"a link":              {zipped(t, entry{name: "a", text: "/etc/passwd", mode: fs.ModeSymlink}), "neither a file nor a folder"},
		"twice":               {zipped(t, entry{name: "a"}, entry{name: "a"}), "two entries with the same name"},
		"too many":            {zipped(t, many...), "more than 10000 entries"},
		"too deep":            {zipped(t, entry{name: strings.Repeat("a/", MostEntries) + "b"}), "more than 10000 entries"},
		"too many, denied":    {lying, "it isn't a ZIP file"},
		"a bomb":              {zipped(t, entry{name: "a", text: strings.Repeat("x", large+1)}), "more than 200 times larger"},
		"larger than it says": {understated, "it isn't a ZIP file"},
		"a false directory":   {elsewhere, "it isn't a ZIP file"},
	} {
		dir := t.TempDir()
		if err := extract(tt.file, dir); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Extract(ctx, bytes.NewReader(whole), int64(len(whole)), t.TempDir()); err == nil {
		t.Error("it was unpacked although nobody waits")
	}
}

// An entry's own size isn't believed.
func TestUnpackIsBounded(t *testing.T) {
	file := zipped(t, entry{name: "a", text: "0123456789"})
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if n, err := unpack(t.Context(), root, archive.File[0], 5); err != errTooLarge || n != 6 {
		t.Errorf("got %d bytes, %v", n, err)
	}
}

func TestDownload(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gone":
			w.WriteHeader(http.StatusForbidden)
		case "/moved":
			http.Redirect(w, r, "/elsewhere?sig=secret", http.StatusFound)
		case "/torn":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "torn")
		default:
			fmt.Fprint(w, "hello")
		}
	}))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var out bytes.Buffer
	sum, err := Download(t.Context(), http.DefaultClient, server.URL+"/?sig=secret", &out)
	if sum != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" || out.String() != "hello" || err != nil {
		t.Errorf("got %s %q, %v", sum, out.String(), err)
	}
	for path, want := range map[string]string{"/gone": "answered with status 403", "/moved": "answered with status 302", "/torn": "the download broke off"} {
		if _, err := Download(t.Context(), http.DefaultClient, server.URL+path+"?sig=secret", io.Discard); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func FuzzExtract(f *testing.F) {
	f.Add(zipped(f, entry{name: "a.xml", text: "one"}, entry{name: "sub/b.xml", text: "two"}))
	f.Add(zipped(f, entry{name: "../a", text: "x"}))
	f.Add(zipped(f, entry{name: "a", text: "b", mode: fs.ModeSymlink}, entry{name: "a/c"}))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, file []byte) {
		above := t.TempDir()
		dir := filepath.Join(above, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_ = extract(file, dir) // whatever it says, it stays inside
		if found, err := os.ReadDir(above); len(found) != 1 || err != nil {
			t.Errorf("got %v, %v", found, err)
		}
	})
}
