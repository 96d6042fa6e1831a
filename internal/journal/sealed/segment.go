package sealed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// Segment heads a file of the archive: a whole subtree of a log, with what proves
// that the log has it. Lines of JSON follow, a Line for each act.
type Segment struct {
	Format     string   `json:"format"` // SegmentFormat
	First      uint64   `json:"first"`  // place of its first act in the log; a multiple of Count
	Count      uint64   `json:"count"`  // a power of two
	Proof      [][]byte `json:"proof"`  // from the root of the segment up
	Checkpoint string   `json:"checkpoint"`
	Key        string   `json:"key"` // whose signature it says to have
}

// SegmentFormat is the version of segments.
const SegmentFormat = "polis-journal-segment-1"

// Line is an act of a segment.
type Line struct {
	Act   Act   `json:"act"`
	Salts Salts `json:"salts"`
}

// ErrSegment says that a file is not a segment.
var ErrSegment = errors.New("this file is not a segment of a journal, or not a whole one")

// What is read of a file that says to be larger: acts, and bytes of each.
const (
	mostInSegment = 1 << 24
	mostInLine    = 1 << 20
)

// WriteSegment writes a segment, gzipped; next gives its lines one by one.
func WriteSegment(w io.Writer, s Segment, next func() (Line, bool, error)) error {
	zip, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	out := json.NewEncoder(zip)
	if err := out.Encode(s); err != nil {
		return err
	}
	for {
		line, ok, err := next()
		if err != nil {
			return err
		}
		if !ok {
			return zip.Close()
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
}

// Archive proves segments by some public keys: each on its own, and those of one
// log, read in their order, that each goes on where the one before ends. Several
// logs may lie beside each other.
type Archive struct {
	Keys []string
	logs map[string]*compact.Range // of roots of segments
}

var factory = &compact.RangeFactory{Hash: Node}

// Read reads and proves the next segment. each, if not nil, gets its acts; they
// are proved only when Read returns without an error.
func (a *Archive) Read(r io.Reader, each func(Line) error) (s Segment, c Checkpoint, err error) {
	zip, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return s, c, ErrSegment
	}
	in := bufio.NewScanner(zip)
	in.Buffer(nil, mostInLine)
	if !in.Scan() || json.Unmarshal(in.Bytes(), &s) != nil || s.Format != SegmentFormat || s.Count == 0 || s.Count > mostInSegment || bits.OnesCount64(s.Count) != 1 || s.First%s.Count != 0 {
		return s, c, ErrSegment
	}
	if c, err = Open(s.Checkpoint, a.Keys...); err != nil {
		return s, c, err
	}
	root, err := s.read(in, each)
	if err != nil {
		return s, c, err
	}
	index, size := s.First/s.Count, (c.Size+s.Count-1)/s.Count
	if s.First+s.Count > c.Size || proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, root, s.Proof, c.Root) != nil {
		return s, c, fmt.Errorf("acts %d to %d: %w", s.First, s.First+s.Count-1, ErrNotProved)
	}
	return s, c, a.goesOn(s, c, index, size, root)
}

// read makes the leaves of a segment again and returns their root.
func (s *Segment) read(in *bufio.Scanner, each func(Line) error) ([]byte, error) {
	tree := factory.NewEmptyRange(0)
	for range s.Count {
		var line Line
		if !in.Scan() || json.Unmarshal(in.Bytes(), &line) != nil {
			return nil, ErrSegment
		}
		leaf, err := line.Act.Leaf(line.Salts)
		if err != nil {
			return nil, fmt.Errorf("act %d, %s: %w", s.First+tree.End(), line.Act.ID, err)
		}
		if err := tree.Append(leaf, nil); err != nil {
			return nil, err
		}
		if each != nil {
			if err := each(line); err != nil {
				return nil, err
			}
		}
	}
	if in.Scan() || in.Err() != nil {
		return nil, ErrSegment
	}
	return tree.GetRootHash(nil)
}

// goesOn holds a segment against those before it. What stands to the left in its
// proof are the roots of just these.
func (a *Archive) goesOn(s Segment, c Checkpoint, index, size uint64, root []byte) error {
	if a.logs == nil {
		a.logs = map[string]*compact.Range{}
	}
	before := a.logs[c.Origin]
	if before == nil {
		before = factory.NewEmptyRange(0)
		a.logs[c.Origin] = before
	}
	if before.End() != index {
		return fmt.Errorf("acts %d to %d are missing before it", before.End()*s.Count, s.First-1)
	}
	var left [][]byte
	inner := bits.Len64(index ^ (size - 1))
	for i, h := range s.Proof {
		if i >= inner || index>>i&1 == 1 {
			left = append(left, h)
		}
	}
	slices.Reverse(left)
	if !slices.EqualFunc(left, before.Hashes(), bytes.Equal) {
		return fmt.Errorf("acts %d to %d are not of the same log as those before", s.First, s.First+s.Count-1)
	}
	return before.Append(root, nil)
}
