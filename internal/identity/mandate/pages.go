package mandate

// Path is the page.
const Path = "/deleghe"
