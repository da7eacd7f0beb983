-- Checks hover, code actions, questions, unsaved text and restart. Exits Neovim with 0, or with 1 and a message on failure.

local REPLY_TIMEOUT = 60000

local function wait_until(what, condition)
  if not vim.wait(REPLY_TIMEOUT, condition, 5) then
    error('timed out waiting for ' .. what)
  end
end

local function client()
  local found = vim.lsp.get_clients({ name = 'repo_lsp', bufnr = vim.fn.bufnr('src/journal.py') })[1]
  return found and found.initialized and found or nil
end

local function request(method, params)
  local reply, failure = client():request_sync(method, params, REPLY_TIMEOUT, 0)
  assert(reply, failure)
  assert(not reply.err, vim.inspect(reply.err))
  return reply.result
end

local function wait_until_fresh()
  wait_until('a running server', client)
  wait_until('a fresh index', function()
    local root = request('repoLsp/status', vim.empty_dict()).roots[1]
    return root and root.state == 'fresh'
  end)
end

local function go_to(pattern)
  vim.cmd.buffer('src/journal.py')
  vim.fn.cursor(1, 1)
  assert(vim.fn.search(pattern, 'c') > 0, pattern .. ' is not in the buffer')
end

local function check_hover()
  go_to([[\<post\>]])
  vim.lsp.buf.hover()
  local shown
  wait_until('a hover window', function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= '' then
        shown = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
        vim.api.nvim_win_close(window, true)
        return true
      end
    end
  end)
  for _, wanted in ipairs({ 'def post(self, amount)', 'refuses what would overdraw', 'bank.py' }) do
    assert(shown:find(wanted, 1, true), ('the hover lacks %q:\n%s'):format(wanted, shown))
  end
end

local function check_action()
  go_to([[\<post\>]])
  vim.lsp.buf.code_action({
    filter = function(action)
      return action.title == 'What breaks if I change this'
    end,
    apply = true,
  })
  local text
  wait_until('the answer as a document', function()
    local name = vim.api.nvim_buf_get_name(0)
    if name:match('%.md$') then
      text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      return text:find('transfer', 1, true) ~= nil
    end
  end)
end

local function check_ask()
  local parts = {}
  local default_handler = vim.lsp.handlers['$/progress']
  client().handlers['$/progress'] = function(failure, result, context)
    if result.token == 'checks' then
      parts[#parts + 1] = result.value.markdown
      return
    end
    return default_handler(failure, result, context)
  end
  local answer = request('repoLsp/ask', { question = 'what refuses to overdraw the account?', partialResultToken = 'checks' })
  assert(answer.mode == 'extractive', vim.inspect(answer))
  assert(answer.markdown:find('Journal', 1, true), answer.markdown)
  assert(#answer.citations > 0 and answer.citations[1].verified, vim.inspect(answer.citations))
  assert(#parts > 0, 'nothing was streamed')
end

local function check_unsaved_text()
  vim.cmd.buffer('src/journal.py')
  vim.api.nvim_buf_set_lines(0, -1, -1, false, { '', '', 'def reopen_unsaved():', '    """Opens the account again."""' })
  wait_until('an answer from unsaved text', function()
    return request('repoLsp/ask', { question = '`reopen_unsaved`' }).markdown:find('def reopen_unsaved', 1, true) ~= nil
  end)
  vim.cmd('silent undo')
end

local function check_restart()
  local before = client()
  before:stop()
  wait_until('the end of the server', function()
    return before:is_stopped()
  end)
  vim.cmd.buffer('src/journal.py')
  vim.cmd('silent edit!')
  wait_until_fresh()
  assert(client().id ~= before.id)
  check_hover()
end

local checks = {
  { 'start', wait_until_fresh },
  { 'hover', check_hover },
  { 'code action', check_action },
  { 'ask', check_ask },
  { 'unsaved text', check_unsaved_text },
  { 'restart', check_restart },
}
for _, entry in ipairs(checks) do
  local name, check = entry[1], entry[2]
  local passed, reason = xpcall(check, debug.traceback)
  if not passed then
    io.stderr:write(('\n%s: %s\n'):format(name, reason))
    vim.cmd.cquit(1)
  end
  io.stderr:write(name .. ': ok\n')
end
vim.cmd('qall!')
