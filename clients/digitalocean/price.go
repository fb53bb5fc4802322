package digitalocean

import (
	"context"
	"math"
	"net/http"
	"strconv"
)

// InstancePrices are what one instance of each size costs a month, in US dollars, by the
// size's slug. A size without a price that can be read isn't there. DigitalOcean bills by
// the second, and at most 28 days of a month. Source: godo v1.201.0 (apps.gen.go,
// AppInstanceSize), where prices are texts such as "12.00".
func (c *Client) InstancePrices(ctx context.Context) (map[string]float64, error) {
	var answer struct {
		Sizes []struct {
			Slug  string `json:"slug"`
			Month string `json:"usd_per_month"`
		} `json:"instance_sizes"`
	}
	if err := c.read(ctx, request{op: "list the instance sizes", method: http.MethodGet, path: path("tiers", "instance_sizes"), into: &answer}); err != nil {
		return nil, err
	}
	prices := map[string]float64{}
	for _, s := range answer.Sizes {
		if price, ok := Dollars(s.Month); ok && s.Slug != "" {
			prices[s.Slug] = price
		}
	}
	return prices, nil
}

// Dollars reads an amount of money; ok is false for what is none.
func Dollars(text string) (amount float64, ok bool) {
	amount, err := strconv.ParseFloat(text, 64)
	return amount, err == nil && amount >= 0 && !math.IsInf(amount, 0)
}
