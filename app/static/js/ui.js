/* ui.js: the only hand-written script. No eval, no inline handlers: works under script-src 'self'. */
(() => {
  'use strict';
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  document.documentElement.classList.add('js');

  const say = (message) => {
    const live = $('#live');
    if (!live) return;
    live.textContent = '';
    setTimeout(() => { live.textContent = message; }, 60);
  };

  /* ---------- hover-abstract ("peek") ----------
     [data-peek=ID] > a + button.peek-btn[popovertarget=ID]  and
     div#ID[popover] > .peek-body[hx-get][hx-trigger=warm]
     htmx fetches; this only decides when. The popover gives light dismiss, Esc and the top layer. */
  const REST = { prefetch: 80, open: 300, next: 60, close: 250, fresh: 60_000 };
  const NEVER = -1e9;
  let current = null, pinned = false, muted = null, lastHide = NEVER, wasOpen = false;
  let openTimer, closeTimer, warmTimer;
  const button = (item) => $('.peek-btn', item);
  const card = (item) => document.getElementById(item.dataset.peek);
  const itemOf = (popover) => popover?.id && $(`[data-peek="${CSS.escape(popover.id)}"]`);

  const warm = (item) => {
    const body = $('.peek-body[hx-get]', card(item));
    if (!body || !window.htmx || performance.now() - (body.fetchedAt ?? NEVER) < REST.fresh) return;
    body.fetchedAt = performance.now();
    body.setAttribute('aria-busy', 'true');
    htmx.trigger(body, 'warm');
  };
  const show = (item, pin, focus) => {
    clearTimeout(closeTimer);
    clearTimeout(openTimer);
    warm(item);
    if (current && current !== item) card(current).hidePopover();
    current = item;
    pinned = pin;
    item.classList.add('is-anchor');
    const popover = card(item);
    if (!popover.matches(':popover-open')) {
      try { popover.showPopover({ source: button(item) }); } catch { popover.showPopover(); }
    }
    button(item).setAttribute('aria-expanded', 'true');
    if (focus) popover.focus({ preventScroll: true });
  };
  const hide = () => { if (current) card(current).hidePopover(); };

  document.addEventListener('beforetoggle', (event) => {
    const item = itemOf(event.target);
    if (!item || event.newState !== 'closed') return;
    button(item).setAttribute('aria-expanded', 'false');
    item.classList.remove('is-anchor');
    if (event.target.contains(document.activeElement)) button(item).focus({ preventScroll: true });
    if (item.matches(':hover')) muted = item;      // Esc while hovering: shut until the pointer leaves
    if (current === item) { current = null; pinned = false; }
    lastHide = performance.now();
  }, true);

  const moved = (event, into) => {
    if (event.pointerType !== 'mouse') return;
    const item = event.target.closest?.('[data-peek]');
    const popover = event.target.closest?.('.peek[popover]');
    const other = event.relatedTarget;
    if (popover) {
      if (into) clearTimeout(closeTimer);
      else if (!popover.contains(other) && !pinned) closeTimer = setTimeout(hide, REST.close);
      return;
    }
    if (!item || item.contains(other)) return;
    clearTimeout(openTimer);
    clearTimeout(warmTimer);
    if (!into) {
      if (muted === item) muted = null;
      if (!pinned) closeTimer = setTimeout(hide, REST.close);
      return;
    }
    if (muted === item) return;
    clearTimeout(closeTimer);
    warmTimer = setTimeout(() => warm(item), REST.prefetch);
    const follows = current || performance.now() - lastHide < 400;
    if (!pinned && current !== item) {
      openTimer = setTimeout(() => show(item, false), follows ? REST.next : REST.open);
    }
  };
  document.addEventListener('pointerover', (event) => moved(event, true));
  document.addEventListener('pointerout', (event) => moved(event, false));
  document.addEventListener('pointerdown', (event) => {
    const item = event.target.closest?.('[data-peek]');
    wasOpen = Boolean(item && current === item && pinned && event.target.closest('.peek-btn'));
  }, true);
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-peek-close]')) { hide(); return; }
    if (event.target.closest('[data-peek-retry]')) {
      const item = itemOf(event.target.closest('.peek'));
      if (item) warm(item);
      return;
    }
    const pressed = event.target.closest('.peek-btn');
    if (!pressed) return;
    event.preventDefault();                        // we drive it; without script popovertarget works
    const item = pressed.closest('[data-peek]'), byKeyboard = event.detail === 0;
    if (wasOpen || (byKeyboard && current === item)) { wasOpen = false; hide(); return; }
    muted = null;
    show(item, true, byKeyboard);
  });
  document.addEventListener('focusin', (event) => {
    const item = event.target.closest?.('[data-peek]');
    if (item) warm(item);                          // warm on keyboard focus, never open
    if (current && card(current).contains(event.target)) pinned = true;
    else if (current && pinned && !current.contains(event.target)) hide();      // tabbed past it
  });
  document.addEventListener('assets-changed', () => {                          // HX-Trigger
    $$('.peek-body').forEach((body) => { body.fetchedAt = NEVER; });
  });

  /* ---------- htmx: focus after a swap, errors of the network ---------- */
  const sourceOf = (event) => event.detail?.ctx?.sourceElement ?? event.target;
  document.addEventListener('htmx:after:swap', (event) => {
    sourceOf(event).closest?.('.peek-body')?.removeAttribute('aria-busy');
    const target = event.detail?.ctx?.target;
    const selector = typeof target === 'string' ? target : target?.id && `#${target.id}`;
    if (selector === '#main' && !$('#main [autofocus]')) $('#main h1')?.focus();
  });
  document.addEventListener('htmx:error', (event) => {
    const source = sourceOf(event), body = source.closest?.('.peek-body');
    if (body) {
      body.fetchedAt = NEVER;
      body.replaceChildren($('#peek-error').content.cloneNode(true));
      body.removeAttribute('aria-busy');
      return;
    }
    const toasts = $('#toasts'), template = $('#network-error');
    if (!toasts || !template || !event.detail?.ctx || source.matches?.('[hx-trigger^="every"]')) return;
    const toast = template.content.cloneNode(true).firstElementChild;
    const retry = $('[data-retry]', toast);
    retry.addEventListener('click', () => {
      toast.remove();
      if (source instanceof HTMLFormElement) source.requestSubmit();
      else source.click?.();
    });
    toasts.append(toast);
    tendToasts();
  });

  /* ---------- toasts: at least 6 s, longer while pointed at or focused; errors stay ---------- */
  const dismissLater = (toast) => {
    if (toast.dataset.timed || toast.getAttribute('role') === 'alert') return;
    toast.dataset.timed = 'yes';
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), 8000); };
    const stop = () => clearTimeout(timer);
    toast.addEventListener('pointerenter', stop);
    toast.addEventListener('pointerleave', start);
    toast.addEventListener('focusin', stop);
    toast.addEventListener('focusout', start);
    start();
  };
  const addClose = (toast) => {
    if ($('[data-toast-close]', toast)) return;
    const close = document.createElement('button');
    close.type = 'button';
    close.className = 'toast-close';
    close.dataset.toastClose = '';
    close.setAttribute('aria-label', document.body.dataset.dismiss);
    close.textContent = '×';
    close.addEventListener('click', () => toast.remove());
    toast.append(close);
  };
  const tendToasts = () => $$('#toasts > .toast').forEach((toast) => { addClose(toast); dismissLater(toast); });
  document.addEventListener('htmx:after:swap', tendToasts);      // Back replaces #toasts itself
  document.addEventListener('toast', (event) => {                // HX-Trigger: what flask.flash said
    event.detail.messages.forEach((message) => {
      const toast = $('#success').content.cloneNode(true).firstElementChild;
      $('span', toast).textContent = message;
      $('#toasts').append(toast);
    });
    tendToasts();
  });
  tendToasts();

  /* ---------- copy to clipboard ---------- */
  const selectAndCopy = (element) => {               // no clipboard over plain http on other hosts
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand('copy');
  };
  document.addEventListener('click', async (event) => {
    const pressed = event.target.closest('[data-copy]');
    if (!pressed) return;
    try { await navigator.clipboard.writeText(pressed.dataset.copy); }
    catch { selectAndCopy(pressed.previousElementSibling); }
    pressed.classList.add('done');
    say(`${document.body.dataset.copied} ${pressed.dataset.copyLabel ?? ''}`);
    setTimeout(() => pressed.classList.remove('done'), 1600);
  });

  /* ---------- tick all boxes of one name: [data-check-all=NAME] ---------- */
  document.addEventListener('change', (event) => {
    const name = event.target.dataset?.checkAll;
    if (!name) return;
    $$(`input[type=checkbox][name="${CSS.escape(name)}"]`).forEach((box) => { box.checked = event.target.checked; });
  });

  /* ---------- dialogs: [data-open=#id], [data-close], a click on the backdrop ---------- */
  const open = (dialog) => {
    $$('dialog[open]').forEach((other) => other.close());
    dialog.showModal();
    const form = $('form[hx-get]', dialog);
    if (!form) return;
    form.elements.q.select();
    htmx.trigger(form, 'opened');
  };
  document.addEventListener('click', (event) => {
    const opener = event.target.closest('[data-open]'), dialog = opener && $(opener.dataset.open);
    if (dialog) { event.preventDefault(); open(dialog); return; }
    if (event.target.closest('[data-close]')) event.target.closest('dialog')?.close();
    else if (event.target.matches('dialog[data-light]')) event.target.close();
  });

  /* ---------- keyboard: single keys are off inside fields, and whoever wants turns them off ----------
     Ctrl K palette · / search · j k rows · x tick · ? keys · [data-key="e"], [data-key="g a"] press what has them */
  const store = { get: () => { try { return localStorage.keys; } catch { return ''; } },
                  set: (value) => { try { localStorage.keys = value; } catch { /* private window */ } } };
  $$('[data-keys-on]').forEach((box) => { box.checked = store.get() !== 'off'; });
  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-keys-on]')) store.set(event.target.checked ? 'on' : 'off');
  });
  const step = (stops, by) => {
    const at = stops.indexOf(document.activeElement);
    stops.at(at < 0 ? (by > 0 ? 0 : -1) : (at + by) % stops.length)?.focus();
  };
  const press = (element) => { if (element) { element.focus(); element.click(); } return element; };
  const keys = {
    '/': () => { const search = $('#main [type=search]'); search?.focus(); return search; },
    '?': () => { const list = $('#keys'); if (list) open(list); return list; },
    j: () => step($$('#main a.row'), 1),
    k: () => step($$('#main a.row'), -1),
    x: () => press($('input[type=checkbox]', document.activeElement.closest('tr') ?? document.createElement('i'))),
  };
  let led;
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === 'k' && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      const palette = $('#palette');
      if (!palette) $('#main [type=search]')?.focus();
      else if (palette.open) palette.close();
      else open(palette);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const box = target.closest('[data-roving]');
    if (box && key === 'Escape') { event.preventDefault(); box.close?.(); return; }   // a search field would only be emptied
    if (box && (key === 'ArrowDown' || key === 'ArrowUp')) {
      event.preventDefault();
      step([...$$('[type=search]', box), ...$$('.palette-list a', box)], key === 'ArrowDown' ? 1 : -1);
      return;
    }
    const list = box && key === 'Enter' && target.type === 'search' && $('.palette-list', box);
    if (list && list.dataset.q === target.value.trim() && press($('a', list))) { event.preventDefault(); return; }
    if (target.closest('input:not([type=checkbox]),textarea,select,[contenteditable],dialog[open]') || store.get() === 'off') return;
    const chord = led && performance.now() - led < 1500 ? `g ${key}` : key;
    led = chord === 'g' ? performance.now() : 0;
    if (keys[chord]?.() || press($(`[data-key="${CSS.escape(chord)}"]`))) event.preventDefault();
  });

  /* ---------- warn before a changed form is left ---------- */
  document.addEventListener('input', (event) => event.target.closest('form[data-guard]')?.classList.add('dirty'));
  document.addEventListener('submit', (event) => event.target.classList.remove('dirty'));
  addEventListener('beforeunload', (event) => { if ($('form[data-guard].dirty')) event.preventDefault(); });
})();
