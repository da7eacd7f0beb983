-- repo-lsp for `vim.lsp.enable('repo_lsp')` (Neovim 0.11 and later). It attaches to every file of a repository, because it answers
-- questions about all of them; hover, code actions and questions stand beside those of the language's own server.
return {
  cmd = { 'repo-lsp', '--stdio' },
  root_markers = { 'repo-lsp.toml', '.git', '.hg', '.jj' },
}
