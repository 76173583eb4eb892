/* The purchase protocol of app/domain/purchase_protocol.py as it is built, small enough to look at
   every way it can go: one wish, workers that crash or are overtaken at any step, a person who
   edits and saves, a provider whose requests are lost, late, doubled and reordered.

   A lease may run out at any time, for a pause is as long as it likes: a claim is always possible.
   What 30 quiet minutes give is that nothing of before is under way in the network any more and that
   every order of before is listed. A worker that sleeps between two of its steps may still send.

   Asserted: never two orders; never an order that nobody would look for; never an order of ours
   taken for a foreign one.

   Each #ifdef seeds an error that must be found, but for two. CANNOT_REPEAT: a checkout is not
   idempotent, and what was sent and not answered is parked for people. ONLY_TWICE: look for
   nothing but a second order. tests/model/test_purchase_model.py says which are run. */

#ifndef CARTS
#define CARTS 2
#endif
#ifndef CLAIMS
#define CLAIMS 4
#endif
#ifndef SENDS
#define SENDS 2
#endif
#ifndef SAVES
#define SAVES 1
#endif
#ifndef EDITS
#define EDITS 1
#endif

mtype = { QUEUED, CART_READY, SENT, UNKNOWN, ORDERED, FAILED };   /* ORDERED: from here only read */

#ifdef ONLY_TWICE
#define NEVER_LOST(condition) skip
#else
#define NEVER_LOST(condition) assert(condition)
#endif

/* the row in PostgreSQL */
mtype state = QUEUED;
byte cart = 0;
byte wanted = 0;               /* what people ask for: raised by an edit */
bool stale = false;            /* the cart does not hold what is wanted */
bool sent = false;             /* checkout_first_sent_at is set */
bool open = false;             /* a send was never answered */
bool looks_again = true;       /* next_run_at is set */
bool seen_gone = false;        /* cart_gone_at is set: no cart comes back */
byte fence = 0;
byte saves = 0;
byte edits = 0;

/* the provider */
byte carts = 0;
bool is_ordered[CARTS + 1];
bool is_gone[CARTS + 1];       /* after seven days */
byte holds[CARTS + 1];         /* what is in the cart */
byte under_way[CARTS + 1];     /* checkouts in the network */
bool is_listed = false;        /* the list of orders lags */
byte orders = 0;
byte bought = 0;               /* what was in the cart when it was ordered */
byte sends = 0;

#ifdef NO_FENCE
#define HELD true
#else
#define HELD (fence == mine)
#endif
#ifdef NO_WRITE_ONCE
#define MAY_WRITE_CART true
#else
#define MAY_WRITE_CART (cart == 0)
#endif
#ifdef NO_EPOCH
#define EPOCH_ALLOWS(e) true
#else
#define EPOCH_ALLOWS(e) (e >= 1)
#endif
#define QUIET (under_way[1] + under_way[2] + under_way[CARTS] == 0 && (orders == 0 || is_listed))

inline execute(which) {
  if
  :: is_gone[which] -> skip
#ifndef CANNOT_REPEAT
  :: !is_gone[which] && is_ordered[which] -> skip          /* documented: the first answer again */
#endif
  :: else ->
     is_ordered[which] = true; orders++; bought = holds[which];
     assert(orders <= 1);
     NEVER_LOST(state != FAILED || looks_again)
  fi
}

inline record_failed() {
  state = FAILED;
#ifdef NO_LOOK_AFTER_REFUSAL
  looks_again = false;
#else
  looks_again = sent;
#endif
  NEVER_LOST(orders == 0 || looks_again)
}

inline record_order() {
  assert(bought == wanted || was_stale);                   /* it would be taken for a foreign one */
  state = ORDERED;
  open = false
}

inline record_new_generation() {
  cart = 0; state = QUEUED; stale = false; sent = false; open = false;
  seen_gone = false; looks_again = true
}

inline make_cart() {
  atomic {
    if
    :: carts < CARTS -> carts++; c = carts; holds[c] = w
    :: else -> goto stop
    fi
  }
}

inline send(which) {
  atomic {
    if
    :: sends < SENDS -> sends++; under_way[which]++
    :: else -> goto stop
    fi
  }
}

proctype Provider() {
  byte c = 1;
  end: do
  :: c = 3 - c                                             /* the other cart */
  :: atomic { under_way[c] > 0 -> under_way[c]--; execute(c) }      /* late, in any order */
#ifndef CANNOT_REPEAT
  :: atomic { under_way[c] > 0 -> execute(c) }                      /* doubled */
#endif
  :: atomic { under_way[c] > 0 -> under_way[c]-- }                  /* lost */
  :: atomic { orders > 0 && !is_listed -> is_listed = true }
  :: atomic { c <= carts && !is_gone[c] -> is_gone[c] = true }
  od
}

proctype Person() {
  end: do
  :: atomic {
       state == FAILED && saves < SAVES ->
       saves++; fence++; looks_again = true;
       if
       :: edits < EDITS -> edits++; wanted++; stale = (cart != 0)
       :: true
       fi;
#ifdef NEW_CART_AFTER_REFUSAL
       cart = 0; stale = false;
#endif
       if
       :: cart == 0 -> state = QUEUED
       :: else -> state = CART_READY
       fi
     }
  od
}

proctype OldWorker() {                                     /* left over from an earlier deploy */
  byte c; byte w;
  atomic { state != ORDERED && EPOCH_ALLOWS(0) && fence < CLAIMS + saves -> fence++; w = wanted };
  make_cart();
  send(c);
  stop: skip
}

proctype Worker() {
  byte mine; byte c; byte w; mtype s;
  bool was_stale; bool was_sent; bool was_open; bool was_quiet; bool is_proved;

  again: do
  :: atomic {
       state != ORDERED && looks_again && EPOCH_ALLOWS(1) && fence < CLAIMS + saves ->
       fence++; mine = fence;
       s = state; c = cart; w = wanted; was_stale = stale; was_sent = sent; was_open = open;
       was_quiet = QUIET;
#ifdef PROOF_WHILE_THE_CART_LIVED
       is_proved = QUIET
#else
       is_proved = seen_gone && (orders == 0 || is_listed)
#endif
     };
     if
     :: s == FAILED -> goto look_for_late_order
     :: s != FAILED && c == 0 -> goto start
     :: s != FAILED && c != 0 -> goto go_on_with_cart
     fi;

  start:
     if
     :: atomic { HELD -> record_failed() }; goto again     /* price, stock, registration */
     :: goto again                                         /* silence, crash, overtaken */
     :: true
     fi;
     make_cart();
     if :: goto again :: true fi;                          /* the answer is lost: a stray cart */
#ifdef CHECKOUT_BEFORE_COMMIT
     send(c);
     if :: goto again :: true fi;
#endif
     atomic {
       if
       :: HELD && MAY_WRITE_CART -> cart = c; state = CART_READY; s = CART_READY
       :: else -> goto again
       fi
     };
     goto check_out;

  go_on_with_cart:
     if
     :: is_gone[c] -> goto cart_is_gone
     :: !is_gone[c] && was_stale && !is_ordered[c] -> goto change_cart
     :: !is_gone[c] && !(was_stale && !is_ordered[c]) -> goto check_out
     :: atomic { s == CART_READY && HELD -> record_failed() }; goto again   /* refused to be read */
     :: goto again
     fi;

  change_cart:
     if
     :: was_open && !was_quiet -> goto again               /* an older send may be under way */
     :: !was_open || was_quiet
     fi;
     if
     :: atomic { HELD -> record_failed() }; goto again     /* price, stock, registration */
     :: goto again
     :: true
     fi;
     if
     :: atomic { !is_ordered[c] && !is_gone[c] -> holds[c] = w }
     :: goto again
     fi;
     if :: goto again :: true fi;
     if
     :: holds[c] != w -> if :: atomic { HELD -> record_failed() } :: true fi; goto again
     :: holds[c] == w
     fi;
     atomic { if :: HELD -> stale = false; was_stale = false :: else -> goto again fi };
     goto check_out;

  check_out:
#ifdef CANNOT_REPEAT
     if
     :: !was_open -> skip
     :: was_open ->                                        /* sent, and never answered */
# ifdef RESEND_ANYHOW
        skip
# else
#  ifdef ABSENCE_THEN_RESEND
        if :: was_quiet && !is_ordered[c] :: else -> goto park fi
#  else
        goto park
#  endif
# endif
     fi;
#endif
     if :: goto again :: true fi;
#ifdef NEW_CART_ON_TIMEOUT
     if :: was_sent -> make_cart(); cart = c :: else fi;
#endif
#ifdef SEARCH_FIRST
     if
     :: was_sent && !(orders > 0 && is_listed) -> make_cart(); cart = c     /* not found: buy anew */
     :: else
     fi;
#endif
#ifndef NO_WRITE_AHEAD
     atomic {
       if
       :: HELD ->
          if :: s == CART_READY -> state = SENT; s = SENT :: else fi;
          sent = true; open = true; was_sent = true
       :: else -> goto again
       fi
     };
#endif
     if :: goto again :: true fi;                          /* killed, or paused, before the call */
     if
     :: send(c); goto silence                              /* time-out, reset, 5xx; or executed late */
     :: atomic { sends < SENDS -> sends++; execute(c) };
        if
        :: is_ordered[c] ->                                /* the answer is read, then written */
           atomic { if :: HELD -> record_order(); goto done :: else -> goto again fi }
        :: else -> goto refused
        :: goto silence
        fi
     :: goto refused
     :: atomic { HELD -> open = was_open }; goto again     /* 429, 401: surely not executed */
     fi;

  refused:                                                 /* counts once the cart was not ordered */
     if
     :: is_ordered[c] && !is_gone[c] ->
        if :: atomic { HELD -> open = was_open } :: true fi; goto again
     :: !is_ordered[c] || is_gone[c] ->
        if :: atomic { HELD -> record_failed(); open = was_open } :: true fi; goto again
     :: goto silence
     fi;

  silence:
     if
     :: atomic { HELD -> state = UNKNOWN }                 /* half an hour without an answer */
#ifdef SILENCE_IS_FAILED
     :: atomic { HELD -> record_failed(); looks_again = false }
#endif
     :: true
     fi;
     goto again;

  cart_is_gone:
     if
     :: !was_sent -> goto new_generation
#ifdef GENERATION_WITHOUT_PROOF
     :: was_sent -> goto new_generation
#else
     :: was_sent && orders > 0 && is_listed -> goto adopt
     :: was_sent && !(orders > 0 && is_listed) ->
        if
        :: s == CART_READY && (!was_open || is_proved) -> goto new_generation
        :: s == CART_READY && was_open && !is_proved ->
           if :: atomic { HELD -> seen_gone = true } :: true fi; goto again
        :: s != CART_READY -> goto park                    /* people decide */
        fi
#endif
     :: goto again
     fi;

  new_generation:
     atomic { if :: HELD -> record_new_generation() :: else fi };
     goto again;

  adopt:
     if
     :: s == CART_READY ->                                 /* the graph leads there by failed */
        atomic { if :: HELD -> record_failed() :: else -> goto again fi }
     :: else
     fi;
     if :: goto again :: true fi;
     atomic { if :: HELD -> record_order(); goto done :: else -> goto again fi };

  look_for_late_order:
     if
     :: orders > 0 && is_listed ->
        atomic { if :: HELD -> record_order(); goto done :: else -> goto again fi }
     :: !(orders > 0 && is_listed)
     fi;
     goto again;

  park:
     if
     :: orders > 0 && is_listed ->                         /* only looks, never buys */
        atomic { if :: HELD -> record_order(); goto done :: else -> goto again fi }
     :: atomic { HELD -> state = UNKNOWN }
     :: true
     fi;
     goto again;

  :: state == ORDERED -> goto done
  :: looks_again == false -> goto done
  :: fence >= CLAIMS + saves -> goto done
  od;
  stop: skip;
  done: skip
}

init {
  atomic { run Provider(); run Person(); run Worker(); run Worker(); run OldWorker() }
}
