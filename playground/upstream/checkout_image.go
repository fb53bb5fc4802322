package upstream

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// blob is a part of an image, as an OCI descriptor names it
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md).
type blob struct {
	Type   string `json:"mediaType"`
	Digest string `json:"digest"`
	Size   int    `json:"size"`
}

const ociType = "application/vnd.oci.image."

// writeImage writes an image without layers that runs as a user, in the OCI layout.
func writeImage(dir, user string) error {
	blobs := filepath.Join(dir, "blobs", "sha256")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return err
	}
	put := func(kind string, content any) (blob, error) {
		text, err := json.Marshal(content)
		if err != nil {
			return blob{}, err
		}
		sum := fmt.Sprintf("%x", sha256.Sum256(text))
		return blob{ociType + kind, "sha256:" + sum, len(text)}, os.WriteFile(filepath.Join(blobs, sum), text, 0o644)
	}
	config, err := put("config.v1+json", map[string]any{
		"architecture": "amd64", "os": "linux", "config": map[string]any{"User": user, "Env": []string{"PATH=/usr/local/bin:/usr/bin:/bin"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{}}, "history": []any{},
	})
	if err != nil {
		return err
	}
	manifest, err := put("manifest.v1+json", map[string]any{"schemaVersion": 2, "mediaType": ociType + "manifest.v1+json", "config": config, "layers": []any{}})
	if err != nil {
		return err
	}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []blob{manifest}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "index.json"), index)
}
