package objectstest

import (
	"slices"
	"strings"

	"muster/internal/objects"
)

var keyPromises = []Promise{
	{"every key of 1 to 1024 bytes is a key, and no two are the same", everyKey},
	{"keys are listed in the order of their bytes", byteOrder},
	{"a key and one below it live side by side", besideFolder},
	{"every key has versions, uploads and copies", everyKeyEverywhere},
}

// oddKeys are keys that a store that knows paths, text or JSON may get wrong.
func oddKeys() []string {
	all := []string{
		"k", "K", "/", "//", "/x", "x/", "x//", "a//b", "a/b", "a/./b", "a/../b", ".", "..", "./", "../", "../../etc/passwd", "a/.", "a/..",
		" ", "  ", " x", "x ", "\t", "\n", "\r\n", "a\nb", "\x00", "a\x00", "a\x00b", "\x01", "\x1f", "\x7f",
		"%2F", "a%2Fb", "%", "%%", "+", "a b", "a+b", "&", "<x>", `"`, "'", "\\", `a\b`, "?", "#", "a?b#c", "*", "a*b", "_", "a_b", "a%b",
		"ä", "a\u0308", "é", "日本", "\u2028", "\ufeff", "\ufffd", "\uffff", "😀", "a😀", "\U0010ffff", "null", "dir", "dir/", "dir/x", "dir/x/", "dir/x/y",
		strings.Repeat("k", 1024), strings.Repeat("/", 1024), strings.Repeat("é", 512), strings.Repeat("a/", 512),
		strings.Repeat("k", 1023) + "l", strings.Repeat("k", 255), strings.Repeat("k", 256),
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func everyKey(c *check) {
	for _, v := range []objects.Versioning{objects.NeverVersioned, objects.Enabled} {
		b := c.bucket(v)
		all := oddKeys()
		for _, key := range all {
			if _, err := c.Put(c.ctx, newPut(b, key, "of "+key)); err != nil {
				c.fatalf("Put of %q: %v", key, err)
			}
		}
		for _, key := range all {
			c.holds(newest(b, key), "of "+key)
		}
		for _, max := range []int{1, 7, 1000} {
			c.equal("keys", keys(c.all(c.List, objects.List{Bucket: b, Max: max}).Objects), all)
			c.equal("keys of versions", keys(c.all(c.ListVersions, objects.List{Bucket: b, Max: max}).Objects), all)
		}
		var half []objects.Deletion
		for i := 0; i < len(all); i += 2 {
			half = append(half, objects.Deletion{Key: all[i]})
		}
		done, err := c.Delete(c.ctx, b, half)
		c.ok(err)
		for i, d := range done {
			if d.Err != nil || d.Key != half[i].Key {
				c.fatalf("Delete of %q returned %+v", half[i].Key, d)
			}
		}
		for i, key := range all {
			if i%2 == 0 {
				c.absent(b, key)
			} else {
				c.holds(newest(b, key), "of "+key)
			}
		}
	}
}

func byteOrder(c *check) {
	b := c.bucket(objects.NeverVersioned)
	// U+FFFF sorts before U+10000 by bytes, behind it by UTF-16; é behind z; B before a.
	want := []string{"\x00", "\x00\x00", "\x01", "-", ".", "/", "0", "B", "a", "a\x00", "a ", "a-", "a/", "a/b", "a0", "b", "z", "é", "\uffff", "\U00010000"}
	for i := range want {
		c.put(b, want[(i*7)%len(want)], "x")
	}
	for _, max := range []int{1, 2, 3, 1000} {
		c.equal("keys", keys(c.all(c.List, objects.List{Bucket: b, Max: max}).Objects), want)
	}
}

func besideFolder(c *check) {
	b := c.bucket(objects.NeverVersioned)
	for _, order := range [][]string{{"dir", "dir/", "dir/x"}, {"dir/x", "dir/", "dir"}} {
		for _, key := range order {
			c.put(b, key, "of "+key)
		}
		for i, key := range order {
			c.holds(newest(b, key), "of "+key)
			c.remove(b, key, "")
			c.absent(b, key)
			for _, left := range order[i+1:] {
				c.holds(newest(b, left), "of "+left)
			}
		}
	}
}

func everyKeyEverywhere(c *check) {
	b := c.bucket(objects.Enabled)
	c.put(b, "source", "content")
	for _, key := range oddKeys() {
		u := c.begin(b, key)
		o := c.complete(u, c.part(u, 1, "of "+key))
		c.equal("key", o.Key, key)
		if _, err := c.Copy(c.ctx, newCopy(versionOf(b, key, o.Version), b, "copied")); err != nil {
			c.fatalf("Copy of %q: %v", key, err)
		}
		c.holds(newest(b, "copied"), "of "+key)
		if _, err := c.Copy(c.ctx, newCopy(newest(b, "source"), b, key)); err != nil {
			c.fatalf("Copy onto %q: %v", key, err)
		}
		if _, err := c.SetTags(c.ctx, versionOf(b, key, o.Version), class("x"), nil); err != nil {
			c.fatalf("SetTags of %q: %v", key, err)
		}
		c.holds(newest(b, key), "content")
		c.holds(versionOf(b, key, o.Version), "of "+key)
	}
	var begun []objects.Upload
	for _, key := range oddKeys() {
		begun = append(begun, c.begin(b, key))
	}
	for _, max := range []int{1, 5, 1000} {
		c.equal("uploads", c.uploads(objects.List{Bucket: b, Max: max}), begun)
	}
}
