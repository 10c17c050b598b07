package web

import (
	"bytes"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// quiet is the empty margin that a QR code needs around it, in modules.
const quiet = 4

// qrCode makes the modules of a QR code that survives a crease in the paper.
func qrCode(text string) (barcode.Barcode, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("write a code of %d signs as QR: %w", len(text), err)
	}
	return code, nil
}

func dark(code barcode.Barcode, x, y int) bool {
	grey, _, _, _ := code.At(x, y).RGBA()
	return grey == 0
}

// QRSVG draws a text as a QR code, in one path and without a style.
func QRSVG(text string) (template.HTML, error) {
	code, err := qrCode(text)
	if err != nil {
		return "", err
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && dark(code, x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	side := size + 2*quiet
	return template.HTML(fmt.Sprintf(
		`<svg xmlns="http://www.w3.org/2000/svg" class="qr" role="img" aria-label="QR" viewBox="0 0 %d %d" shape-rendering="crispEdges"><rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="%s"/></svg>`,
		side, side, side, side, path.String())), nil
}

// QRPNG draws a text as a QR code with modules of scale pixels.
func QRPNG(text string, scale int) ([]byte, error) {
	code, err := qrCode(text)
	if err != nil {
		return nil, err
	}
	side := (code.Bounds().Dx() + 2*quiet) * scale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			mx, my := x/scale-quiet, y/scale-quiet
			if image.Pt(mx, my).In(code.Bounds()) && dark(code, mx, my) {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("write a QR code as PNG: %w", err)
	}
	return out.Bytes(), nil
}
