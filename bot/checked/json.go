package checked

import (
	"encoding/json"
	"io"
)

// json prints the report for programs.
func (r *Report) json(out io.Writer) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
