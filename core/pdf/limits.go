package pdf

import "time"

// MaxSize is the size of the largest file that is read, in bytes. The parser holds what it reads in memory.
const MaxSize = 256 << 20

// The parser has limits for single objects but none for their sum: a small file may name the same stream a hundred
// thousand times, or unpack a thousand streams. So memory and time are also limited for the file as a whole.
const (
	maxMemory  = 768 << 20        // bytes of heap, beyond what was in use when reading began
	maxParsing = 30 * time.Second // to examine a file, and once more to compare its revisions
	maxDecoded = 16 << 20         // decoded bytes of one object stream
	maxObjects = 2_000_000        // objects that a file may announce
	maxNesting = 64               // levels of dictionaries and arrays, of form fields, and of CMS elements

	maxSignatures   = 256     // verified in one file; each of them hashes the whole file
	maxContents     = 4 << 20 // bytes of the value of one signature
	maxCertificates = 100     // read from one signature or one /DSS dictionary
	maxFields       = 100_000 // form fields visited in one file
)
