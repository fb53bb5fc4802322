package platform

import (
	"fmt"
	"math"
)

// cents rounds an amount to whole cents, so that a sum of prices isn't above a limit for
// the way in which a computer adds.
func cents(amount float64) float64 { return math.Round(amount*100) / 100 }

// money writes an amount as people do.
func money(amount float64) string { return fmt.Sprintf("%.2f", amount) }
