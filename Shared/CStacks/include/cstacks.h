/// Writes the stacks of all threads of this process to standard error when a signal asks for it.
#pragma once

/// Makes SIGQUIT write one stack for each thread, by its symbols, and go on. Meant for a process
/// that hangs: the handlers call nothing that takes a lock. A thread that does not answer within
/// 100 ms, such as one in an uninterruptible call, is named and passed over.
void cs_dump_on_quit(void);

/// Leaves no core dump of this process, and shows its memory and environment to nobody but root.
/// Returns 0, or -1 where the kernel refuses.
int cs_hide(void);
