package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
	"gonogo/bot/scaffold"
	"gonogo/commands"
	"gonogo/phrase"
)

// maxImport is how large a file to import may be.
const maxImport = 4 << 20

func importTasksCommand(s system) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Makes a configuration of the task boxes in a Markdown file",
		Long: "Makes a configuration of the task boxes (- [ ] or ☐, also in tables) in a Markdown file, in their order, a section\n" +
			"for each heading. Every box becomes an item that a person checks. A ticked box (- [x] or ☑) passes nothing: it is\n" +
			"shown as what the file claims. The channel and the people in the result are examples; replace them with yours.",
		Args: takes("one file", "checklist.md", one),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("output") && to == "" {
				return misused("--output needs the name of a file, such as: gonogo import checklist.md --output gonogo.yml")
			}
			list, err := tasksOf(args[0])
			if err != nil {
				return err
			}
			plan := scaffold.Plan{Project: "My service", Releases: "C0RELEASES", Lead: "U0LEAD", Deployer: "U0DEV", Source: filepath.Base(args[0]), List: list,
				Environments: []scaffold.Environment{{Name: "staging"}, {Name: "production"}}}
			if list.Title != "" {
				plan.Project = list.Title
			}
			if err := s.writePlan(plan, to); err != nil {
				return err
			}
			fmt.Fprintln(s.Err, "The channel C0RELEASES and the people U0LEAD and U0DEV in it are examples: replace them first.")
			return nil
		},
	}
	cmd.Flags().StringVarP(&to, "output", "o", "", "the file to write; it must not exist (default: print it)")
	return cmd
}

// tasksOf reads the task boxes of a Markdown file.
func tasksOf(name string) (scaffold.List, error) {
	f, err := os.Open(name)
	if err != nil {
		return scaffold.List{}, exit{2, fmt.Errorf("can't read %s: %w", name, plain(err))}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxImport+1))
	switch {
	case errors.Is(err, syscall.EISDIR):
		return scaffold.List{}, exit{2, fmt.Errorf("%s isn't a file; name the Markdown file with the checklist", name)}
	case err != nil:
		return scaffold.List{}, exit{2, fmt.Errorf("can't read %s: %w", name, plain(err))}
	case len(text) > maxImport:
		return scaffold.List{}, exit{2, fmt.Errorf("%s is larger than 4 MiB; keep only the checklist in it", name)}
	}
	list, err := scaffold.Read(text, reservedName)
	if err != nil {
		return list, exit{2, fmt.Errorf("%s: %w", name, err)}
	}
	return list, nil
}

// reservedName reports whether a name is a word of the commands.
func reservedName(name string) bool {
	return slices.Contains(commands.Reserved(), name)
}

// writePlan writes a configuration to a new file, or prints it, after it was found valid.
func (s system) writePlan(plan scaffold.Plan, to string) error {
	written, err := plan.YAML()
	if err != nil {
		return err
	}
	if _, err := config.Parse("the new configuration", written, func(string) (string, bool) { return "", false }); err != nil {
		return fmt.Errorf("what was written isn't valid, which is a fault of gonogo's; please report it: %w", err)
	}
	if to == "" {
		if _, err := s.Out.Write(written); err != nil {
			return err
		}
	} else if err := createFile(to, written); err != nil {
		return err
	}
	s.tellOfPlan(plan, to)
	return nil
}

// linesOf names lines, those that follow one another together: "lines 3, 5-9 and 12".
func linesOf(numbers []int) string {
	var words []string
	for i := 0; i < len(numbers); i++ {
		first := i
		for i+1 < len(numbers) && numbers[i+1] == numbers[i]+1 {
			i++
		}
		word := strconv.Itoa(numbers[first])
		if i > first {
			word += "-" + strconv.Itoa(numbers[i])
		}
		words = append(words, word)
	}
	switch last := len(words) - 1; {
	case len(numbers) == 1:
		return "line " + words[0]
	case last == 0:
		return "lines " + words[0]
	default:
		return "lines " + strings.Join(words[:last], ", ") + " and " + words[last]
	}
}

// errExists is the error about a file that would be overwritten.
func errExists(name string) error {
	return fmt.Errorf("%s exists already and was left as it is; name another file", name)
}

// createFile writes a file that doesn't exist yet.
func createFile(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	switch {
	case errors.Is(err, os.ErrExist):
		return exit{2, errExists(name)}
	case err != nil:
		return exit{2, fmt.Errorf("can't write %s: %w", name, plain(err))}
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return exit{2, fmt.Errorf("%s is incomplete: %w", name, plain(err))}
	}
	return nil
}

// tellOfPlan says what was written, and what comes next.
func (s system) tellOfPlan(plan scaffold.Plan, to string) {
	if tasks, ticked := plan.List.Count(); tasks > 0 {
		fmt.Fprintf(s.Err, "%s, %s in %s.", phrase.Count(tasks+plan.List.Lost, "box", "boxes"), phrase.Count(tasks, "item"), phrase.Count(len(plan.List.Sections), "section"))
		if ticked > 0 {
			fmt.Fprintf(s.Err, " %d ticked in %s: an item's page shows that as a claim of the file, and somebody must still check it.", ticked, plan.Source)
		}
		fmt.Fprintln(s.Err)
		if missed := plan.List.Missed; len(missed) > 0 {
			fmt.Fprintf(s.Err, "Left out: %s. What looks like a box there is in a block of code or a comment, or isn't [ ], [x], ☐ or ☑ at the beginning of a list item or a cell; write it as - [ ] What must be true.\n", linesOf(missed))
		}
	}
	if to != "" {
		fmt.Fprintf(s.Err, "%s is written. Next: gonogo config check %s, and gonogo doctor --config %s once the tokens are set.\n", to, to, to)
	}
}
