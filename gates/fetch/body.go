package fetch

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"gonogo/phrase"
)

const (
	maxText    = 256 << 10   // bytes of an answer that are looked at
	maxPacked  = 2 * maxText // bytes that are read to unpack them
	maxCodings = 2           // of one answer
	maxRatio   = 200         // between unpacked and packed size; pages stay below 50
)

// read takes the beginning of an answer, unpacked, and lets the rest of it pass up
// to the same bound again, so that the time covers a usual page. It keeps nothing
// that is not asked for.
func (r Request) read(resp *http.Response) (string, error) {
	text := ""
	if r.Text {
		var err error
		if text, err = unpacked(resp); err != nil {
			return "", err
		}
	}
	_, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxText))
	return text, err
}

// unpacked is the beginning of an answer without its Content-Encoding.
func unpacked(resp *http.Response) (string, error) {
	codings := codingsOf(resp.Header)
	network := &bodyReader{from: io.LimitReader(resp.Body, maxPacked)}
	packed := bufio.NewReader(network)
	var text bytes.Buffer
	body, err := unpack(packed, codings)
	if err == nil {
		_, err = io.Copy(&text, io.LimitReader(body, maxText))
	}
	read := network.n - packed.Buffered()
	var odd badAnswer
	switch {
	case len(codings) == 0 || network.err != nil || errors.As(err, &odd):
		return text.String(), cmp.Or(network.err, err)
	case err != nil:
		return "", badAnswer("answers with Content-Encoding: " + strings.Join(codings, ", ") + ", and its body cannot be unpacked")
	case text.Len() == maxText && read*maxRatio < maxText:
		return "", badAnswer(fmt.Sprintf("answers with a body that is packed more than %d times, as no page is; it was not unpacked further", maxRatio))
	}
	return text.String(), nil
}

// codingsOf lists how a body is packed, in the order in which that was done.
func codingsOf(header http.Header) (all []string) {
	for coding := range strings.SplitSeq(strings.Join(header.Values("Content-Encoding"), ","), ",") {
		if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "" && coding != "identity" {
			all = append(all, coding)
		}
	}
	return all
}

// unpack undoes codings, the last one first. A body that is not there, as in an
// answer to HEAD, is empty however it is packed.
func unpack(body *bufio.Reader, codings []string) (io.Reader, error) {
	if len(codings) > maxCodings {
		return nil, badAnswer(fmt.Sprintf("answers with a body that is packed %d times over; at most %d are unpacked", len(codings), maxCodings))
	}
	for _, coding := range slices.Backward(codings) {
		if _, err := body.Peek(1); err == io.EOF {
			return body, nil
		}
		var plain io.Reader
		var err error
		switch coding {
		case "gzip", "x-gzip":
			plain, err = gzip.NewReader(body)
		case "deflate":
			plain, err = inflate(body)
		default:
			return nil, badAnswer("answers with Content-Encoding: " + phrase.Excerpt(coding) + ", which is not unpacked here; ask for gzip in the header Accept-Encoding, or leave that out")
		}
		if err != nil {
			return nil, err
		}
		body = bufio.NewReader(io.LimitReader(plain, maxPacked))
	}
	return body, nil
}

// inflate unpacks deflate: a zlib stream by RFC 9110, section 8.4.1.2, or, from some
// servers, raw deflate data.
func inflate(body *bufio.Reader) (io.Reader, error) {
	start, err := body.Peek(2)
	if err == nil && start[0]&0x0f == 8 && (int(start[0])<<8+int(start[1]))%31 == 0 { // RFC 1950, section 2.2
		return zlib.NewReader(body)
	}
	return flate.NewReader(body), nil
}

// bodyReader counts what is read, and keeps the error that ended it early.
type bodyReader struct {
	from io.Reader
	n    int
	err  error
}

// Read implements [io.Reader].
func (c *bodyReader) Read(into []byte) (int, error) {
	n, err := c.from.Read(into)
	c.n += n
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}
