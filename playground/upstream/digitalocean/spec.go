package digitalocean

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/digitalocean/godo"
)

// component is what is looked at in a component of any sort.
type component struct {
	Name         string                `json:"name"`
	Git          *gitSource            `json:"git"`
	GitHub       *repoSource           `json:"github"`
	GitLab       *repoSource           `json:"gitlab"`
	Bitbucket    *repoSource           `json:"bitbucket"`
	Image        *godo.ImageSourceSpec `json:"image"`
	Envs         []variable            `json:"envs"`
	Count        int                   `json:"instance_count"`
	InstanceSize string                `json:"instance_size_slug"`
	Kind         string                `json:"kind"`
	Port         int                   `json:"http_port"`

	list string // of the spec, such as "services"
	noun string // such as "service"
}

type gitSource struct {
	RepoCloneURL string `json:"repo_clone_url"`
	Branch       string `json:"branch"`
}

type repoSource struct {
	Repo   string `json:"repo"`
	Branch string `json:"branch"`
}

// variable is an environment variable, of a component or of the whole app.
type variable struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Scope string `json:"scope"`
	Type  string `json:"type"`
}

// lists are the lists of components in a spec, with the word for one of each.
var lists = []struct{ name, noun string }{
	{"services", "service"}, {"static_sites", "static site"}, {"workers", "worker"}, {"jobs", "job"}, {"functions", "functions"},
}

// componentsOf are a spec's components in the order of the lists above. The
// spec has been checked, or is being checked after its shape was.
func componentsOf(spec json.RawMessage) (all []component) {
	var members map[string]json.RawMessage
	if json.Unmarshal(spec, &members) != nil {
		return nil
	}
	for _, list := range lists {
		var some []component
		if json.Unmarshal(orNull(members[list.name]), &some) != nil {
			continue
		}
		for _, c := range some {
			c.list, c.noun = list.name, list.noun
			all = append(all, c)
		}
	}
	return all
}

func orNull(text json.RawMessage) json.RawMessage {
	if text == nil {
		return json.RawMessage("null")
	}
	return text
}

func firstComponent(spec json.RawMessage) string {
	for _, c := range componentsOf(spec) {
		return c.Name
	}
	return ""
}

// version is what a component's source says it is: a tag, or else a branch.
func (c component) version() string {
	if c.Image != nil {
		return cmp.Or(c.Image.Tag, c.Image.Digest)
	}
	_, branch := c.repository()
	return branch
}

// repository is where a component that is built from a repository comes from.
func (c component) repository() (name, branch string) {
	if c.Git != nil {
		return c.Git.RepoCloneURL, c.Git.Branch
	}
	for _, s := range []*repoSource{c.GitHub, c.GitLab, c.Bitbucket} {
		if s != nil {
			return s.Repo, s.Branch
		}
	}
	return "", ""
}

// commit stands for the commit that a branch points to: always the same one
// for the same branch. An image has none.
func (c component) commit() string {
	name, branch := c.repository()
	if name == "" {
		return ""
	}
	return digest(name + "@" + branch)[:40]
}

// fault is what is wrong with a spec, at the field where it is.
type fault struct{ field, problem string }

// Error has the words of the platform, as client libraries quote them.
func (f fault) Error() string {
	return fmt.Sprintf("error validating app spec field %q: %s", f.field, f.problem)
}

// parse reads a spec strictly: the fields known are those of DigitalOcean's
// own Go library, which is made from the API's description.
func parse(text json.RawMessage) (*godo.AppSpec, error) {
	spec := &godo.AppSpec{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(spec); err != nil {
		return nil, fmt.Errorf("error parsing app spec: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("error parsing app spec: there is something after it")
	}
	return spec, nil
}

// check finds what is wrong with a spec. The patterns and lists are those of
// github.com/digitalocean/openapi (app_spec.yml, app_component_base.yml,
// app_variable_definition.yml).
func check(text json.RawMessage) error {
	spec, err := parse(text)
	if err != nil {
		return err
	}
	if !named(spec.Name) {
		return fault{"name", nameRule}
	}
	if spec.Region != "" && !known(regions, spec.Region) {
		return fault{"region", fmt.Sprintf("%q is not a region; it is one of %s", spec.Region, regionList())}
	}
	components := componentsOf(text)
	if len(components) == 0 && len(spec.Databases) == 0 {
		return fault{"services", "an app needs at least one component"}
	}
	var envs []variable
	if err := recode(spec.Envs, &envs); err != nil {
		return err
	}
	if err := checkVariables("envs", envs); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, c := range components {
		if seen[c.Name] {
			return fault{c.list + ".name", fmt.Sprintf("there is another component %q", c.Name)}
		}
		seen[c.Name] = true
		if err := c.check(); err != nil {
			return err
		}
	}
	return checkDomains(spec.Domains)
}

func recode(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

const nameRule = "must be 2 to 32 lower-case letters, digits and dashes, begin with a letter and not end in a dash"

var (
	namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}[a-z0-9]$`)
	keyPattern  = regexp.MustCompile(`^[_A-Za-z][_A-Za-z0-9]*$`)
)

func named(name string) bool { return namePattern.MatchString(name) }

func (c component) check() error {
	at := func(field string) string { return c.list + "." + field }
	if !named(c.Name) {
		return fault{at("name"), nameRule}
	}
	if err := c.checkSource(); err != nil {
		return err
	}
	if c.InstanceSize != "" && !known(sizes, c.InstanceSize) {
		return fault{at("instance_size_slug"), fmt.Sprintf("%q is not an instance size", c.InstanceSize)}
	}
	if c.Count < 0 || c.Count > 1 && single[c.InstanceSize] {
		return fault{at("instance_count"), fmt.Sprintf("%d instances cannot be had of the size %q", c.Count, c.InstanceSize)}
	}
	if c.Port < 0 || c.Port > math.MaxUint16 {
		return fault{at("http_port"), fmt.Sprintf("%d is not a port", c.Port)}
	}
	if c.list == "jobs" && !slices.Contains([]string{"", "UNSPECIFIED", "PRE_DEPLOY", "POST_DEPLOY", "FAILED_DEPLOY", "SCHEDULED"}, c.Kind) {
		return fault{at("kind"), fmt.Sprintf("%q is not a kind of job", c.Kind)}
	}
	return checkVariables(at("envs"), c.Envs)
}

func (c component) checkSource() error {
	count := 0
	for _, set := range []bool{c.Git != nil, c.GitHub != nil, c.GitLab != nil, c.Bitbucket != nil, c.Image != nil} {
		if set {
			count++
		}
	}
	if count != 1 {
		return fault{c.list, fmt.Sprintf("the component %q needs one source, and has %d", c.Name, count)}
	}
	if c.Image != nil {
		return c.checkImage()
	}
	repo, branch := c.repository()
	if repo == "" || branch == "" {
		return fault{c.list, fmt.Sprintf("the source of the component %q needs a repository and a branch", c.Name)}
	}
	if c.Git == nil && strings.Count(repo, "/") < 1 {
		return fault{c.list, fmt.Sprintf("the repository %q of the component %q is not OWNER/NAME", repo, c.Name)}
	}
	return nil
}

func (c component) checkImage() error {
	i, at := c.Image, func(field string) string { return c.list + ".image." + field }
	switch i.RegistryType {
	case godo.ImageSourceSpecRegistryType_DOCR:
		if i.Registry != "" {
			return fault{at("registry"), "must be empty for the registry type DOCR"}
		}
	case godo.ImageSourceSpecRegistryType_DockerHub:
		if i.Registry == "" {
			return fault{at("registry"), "is required for the registry type DOCKER_HUB"}
		}
	case godo.ImageSourceSpecRegistryType_Ghcr:
	default:
		return fault{at("registry_type"), fmt.Sprintf("%q is not one of DOCR, DOCKER_HUB and GHCR", i.RegistryType)}
	}
	if i.Repository == "" {
		return fault{at("repository"), "is required"}
	}
	if i.Tag != "" && i.Digest != "" {
		return fault{at("digest"), "cannot be specified together with a tag"}
	}
	if i.DeployOnPush != nil && i.DeployOnPush.Enabled && i.RegistryType != godo.ImageSourceSpecRegistryType_DOCR {
		return fault{at("deploy_on_push"), "is for the registry type DOCR only"}
	}
	return nil
}

func checkVariables(field string, all []variable) error {
	seen := map[string]bool{}
	for _, v := range all {
		switch {
		case !keyPattern.MatchString(v.Key):
			return fault{field + ".key", fmt.Sprintf("%q is not a variable's name", v.Key)}
		case seen[v.Key]:
			return fault{field + ".key", fmt.Sprintf("there is another variable %q", v.Key)}
		case !slices.Contains([]string{"", "UNSET", "RUN_TIME", "BUILD_TIME", "RUN_AND_BUILD_TIME"}, v.Scope):
			return fault{field + ".scope", fmt.Sprintf("%q is not one of RUN_TIME, BUILD_TIME and RUN_AND_BUILD_TIME", v.Scope)}
		case !slices.Contains([]string{"", "GENERAL", "SECRET"}, v.Type):
			return fault{field + ".type", fmt.Sprintf("%q is not one of GENERAL and SECRET", v.Type)}
		case v.Type == "SECRET" && v.Value == "":
			return fault{field + ".value", fmt.Sprintf("the secret %q needs a value", v.Key)}
		case v.Type != "SECRET" && sealed(v.Value):
			return fault{field + ".value", fmt.Sprintf("the value of %q is encrypted, and its type is not SECRET", v.Key)}
		}
		seen[v.Key] = true
	}
	return nil
}

func checkDomains(all []*godo.AppDomainSpec) error {
	primary := 0
	for _, d := range all {
		switch {
		case !strings.Contains(d.Domain, "."):
			return fault{"domains.domain", fmt.Sprintf("%q is not a domain", d.Domain)}
		case !slices.Contains([]string{"", "UNSPECIFIED", "DEFAULT", "PRIMARY", "ALIAS"}, string(d.Type)):
			return fault{"domains.type", fmt.Sprintf("%q is not one of DEFAULT, PRIMARY and ALIAS", d.Type)}
		case !slices.Contains([]string{"", "1.2", "1.3"}, d.MinimumTLSVersion):
			return fault{"domains.minimum_tls_version", fmt.Sprintf("%q is not one of 1.2 and 1.3", d.MinimumTLSVersion)}
		}
		if d.Type == "PRIMARY" {
			primary++
		}
	}
	if primary > 1 {
		return fault{"domains.type", "there is more than one PRIMARY domain"}
	}
	return nil
}
