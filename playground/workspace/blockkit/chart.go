package blockkit

import "fmt"

// Charts (docs.slack.dev/reference/block-kit/blocks/data-visualization-block). For the number of segments and series, sources differ
// between 6 and 12; the lower one holds here.
const (
	maxSeries = 6
	maxPoints = 20
	maxLabel  = 20
)

var charts = map[string]rule{
	"pie":  object(shape{must: fields{"segments": list(1, maxSeries, segment)}}),
	"bar":  object(seriesChart),
	"line": object(seriesChart),
	"area": object(seriesChart),
}

var segment = object(shape{
	must: fields{"label": words(1, maxLabel), "value": number},
	also: []func(*check, string, map[string]any){positive},
})

func positive(c *check, at string, o map[string]any) {
	if n, ok := o["value"].(float64); ok && n <= 0 {
		c.fault(at+"/value", "must be greater than 0")
	}
}

var seriesChart = shape{
	must: fields{
		"series": list(1, maxSeries, object(shape{must: fields{
			"name": words(1, maxLabel), "data": list(1, maxPoints, object(shape{must: fields{"label": words(1, maxLabel), "value": number}})),
		}})),
		"axis_config": object(shape{
			must: fields{"categories": list(1, maxPoints, words(1, maxLabel))},
			may:  fields{"x_label": words(0, 50), "y_label": words(0, 50)},
		}),
	},
	also: []func(*check, string, map[string]any){aligned},
}

// aligned holds when every series has its own name and exactly one point for each category.
func aligned(c *check, at string, o map[string]any) {
	categories := names(c, at+"/axis_config/categories", field(o["axis_config"], "categories"), "")
	names(c, at+"/series", o["series"], "name")
	series, _ := o["series"].([]any)
	for i, s := range series {
		place := fmt.Sprintf("%s/series/%d/data", at, i)
		points := names(c, place, field(s, "data"), "label")
		if len(points) != len(categories) {
			c.fault(place, "must have one point for each of the %d categories", len(categories))
		}
		for _, label := range sorted(points) {
			if !categories[label] {
				c.fault(place, "must match a category: %s", label)
			}
		}
	}
}

// names collects the names in a list, which must differ: its strings, or a field of its objects.
func names(c *check, at string, list any, of string) map[string]bool {
	seen := map[string]bool{}
	items, _ := list.([]any)
	for _, item := range items {
		if of != "" {
			item = field(item, of)
		}
		name, _ := item.(string)
		if seen[name] {
			c.fault(at, "must be unique: %s", name)
		}
		seen[name] = true
	}
	return seen
}

func field(v any, name string) any {
	o, _ := v.(map[string]any)
	return o[name]
}
