package workspace

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
)

// maxFile is the largest file that the practice workspace accepts, in bytes.
const maxFile = 1 << 20

// A File is an upload that was shared in a message.
type File struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Title    string `json:"title"`
	Mimetype string `json:"mimetype"`
	Size     int    `json:"size"`
	URL      string `json:"url"` // path below the workspace's base URL
}

// file is an upload, shared or not yet.
type file struct {
	File
	Content  []byte `json:"content,omitempty"`
	Uploaded bool   `json:"uploaded"`
	Shared   bool   `json:"shared"`
}

// filesGetUploadURL is the first of three steps: get a URL, upload the content to it, share the file
// (docs.slack.dev/messaging/working-with-files).
func (w *Workspace) filesGetUploadURL(c *call) (object, error) {
	name, length := c.text("filename"), c.number("length", 0)
	switch {
	case name == "":
		return nil, invalidArguments("missing required field: filename")
	case length <= 0:
		return nil, invalidArguments("missing required field: length")
	case length > maxFile:
		return nil, apiError{code: "file_upload_size_restricted"}
	}
	id := "F" + token()[:10]
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "text/plain"
	}
	w.files[id] = &file{File: File{ID: id, Name: name, Title: name, Mimetype: kind, Size: length, URL: "/_/files/" + id}}
	return object{"upload_url": w.base() + "/hooks/upload/" + id, "file_id": id}, nil
}

// serveUpload receives a file's content, raw or as the first file of a form. It takes the lock.
func (w *Workspace) serveUpload(rw http.ResponseWriter, r *http.Request) {
	content, err := uploaded(r)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f, ok := w.files[r.PathValue("id")]
	if !ok || f.Uploaded {
		http.Error(rw, "this upload URL was already used or doesn't exist", http.StatusNotFound)
		return
	}
	if len(content) != f.Size {
		http.Error(rw, fmt.Sprintf("the file has %d bytes, not %d as in length", len(content), f.Size), http.StatusBadRequest)
		return
	}
	f.Content, f.Uploaded = content, true
	fmt.Fprintf(rw, "OK - %d", len(content))
}

func uploaded(r *http.Request) ([]byte, error) {
	var content io.Reader = r.Body
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		form, err := r.MultipartReader()
		if err != nil {
			return nil, err
		}
		part, err := form.NextPart()
		if err != nil {
			return nil, err
		}
		content = part
	}
	data, err := io.ReadAll(io.LimitReader(content, maxFile+1))
	if err != nil {
		return nil, err
	}
	return data, nil
}

// filesCompleteUpload shares uploads in one message of the app; without a channel, it posts none.
func (w *Workspace) filesCompleteUpload(c *call) (object, error) {
	files, err := w.uploadsOf(c)
	if err != nil {
		return nil, err
	}
	if c.text("channel_id") != "" {
		if err := w.shareFiles(c, files); err != nil {
			return nil, err
		}
	}
	told := []object{}
	for _, f := range files {
		f.Shared = true
		told = append(told, object{"id": f.ID, "title": f.Title})
	}
	w.changed()
	return object{"files": told}, nil
}

func (w *Workspace) uploadsOf(c *call) ([]*file, error) {
	value, ok := c.structured("files")
	list, isList := value.([]any)
	if !ok || !isList || len(list) == 0 {
		return nil, invalidArguments("missing required field: files")
	}
	var files []*file
	for _, item := range list {
		entry, _ := item.(object)
		f, ok := w.files[str(entry, "id")]
		if !ok || !f.Uploaded || f.Shared {
			return nil, apiError{code: "file_not_found"}
		}
		if title := str(entry, "title"); title != "" {
			f.Title = title
		}
		files = append(files, f)
	}
	return files, nil
}

func (w *Workspace) shareFiles(c *call, files []*file) error {
	place, err := w.writable(c.text("channel_id"))
	if err != nil {
		return err
	}
	thread, err := threadOf(place, c.text("thread_ts"))
	if err != nil {
		return err
	}
	m := w.botMessage(composed{text: c.text("initial_comment")})
	m.ThreadTS = thread
	for _, f := range files {
		m.Files = append(m.Files, f.File)
	}
	w.post(place, m)
	return nil
}

// wireFiles are files in the form of the Web API.
func (w *Workspace) wireFiles(files []File) []object {
	var list []object
	for _, f := range files {
		list = append(list, object{
			"id": f.ID, "name": f.Name, "title": f.Title, "mimetype": f.Mimetype, "size": f.Size, "user": botUser,
			"mode": "hosted", "is_external": false, "is_public": true,
			"url_private": w.base() + f.URL, "url_private_download": w.base() + f.URL, "permalink": w.base() + f.URL,
		})
	}
	return list
}

// serveFile sends a file to a browser, as plain text so that the browser runs nothing.
func (w *Workspace) serveFile(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	f, ok := w.files[r.PathValue("id")]
	var content []byte
	var name string
	if ok {
		content, name = f.Content, f.Name
	}
	w.mu.Unlock()
	if !ok || content == nil {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	rw.Header().Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": name}))
	rw.Write(content) // the client may have gone away
}
