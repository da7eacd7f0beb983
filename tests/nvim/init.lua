-- The configuration from the README, with the binary under test.
vim.opt.runtimepath:append(vim.env.REPO_LSP_EDITORS .. '/neovim')
vim.lsp.config('repo_lsp', { cmd = { vim.env.REPO_LSP_BIN, '--stdio' } })
vim.lsp.enable('repo_lsp')
vim.opt.swapfile = false
