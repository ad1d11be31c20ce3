import type { Command } from 'commander';
import type { AuditAnswer } from '../api/answers';
import { ExitCode } from '../exit-codes';
import { auditLines } from '../render/lists';
import { does, type CommandContext } from './command';

/** `headgate audit …` */
export function addAuditCommands(program: Command, context: CommandContext): void {
  const audit = program.command('audit').description('check the records of all decisions');
  does(
    audit
      .command('verify')
      .description('check the hash chain of records of every flag and segment, of the kill switch and of holdouts'),
    context,
    async (session) => {
      const environment = await session.environment();
      const report = await session.api.get<AuditAnswer>(['environments', environment, 'audit', 'verify']);
      // A name that was mistyped has no chain that could be broken.
      if (report.records === 0) session.note(`nothing is recorded in '${environment}': is it the one you mean?`);
      session.answer(report, () => auditLines(report, environment, session.style));
      return report.ok ? ExitCode.Ok : ExitCode.AuditBroken;
    },
  );
}
