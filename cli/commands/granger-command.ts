import { Option, type Command } from 'commander';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { testGranger } from '../../ml/causality/granger-test';
import { readNumericColumns } from '../offline/read-csv';
import { grangerDocument, grangerLines } from '../render/granger-lines';
import { does, numberBetween, type CommandContext } from './command';

interface GrangerOptions {
  readonly data: string;
  readonly cause: string;
  readonly effect: string;
  readonly given: readonly string[];
  readonly maxLag: number;
  readonly alpha: number;
  readonly order: 'aic' | 'bic';
  readonly robust?: boolean;
}

/** More would take long, and an effect that needs them is too small to matter. */
const MAX_ROWS = 50_000;

/** `headgate granger`: whether one column of a file helps to predict another. */
export function addGrangerCommand(program: Command, context: CommandContext): void {
  does<GrangerOptions>(
    program
      .command('granger')
      .description('test whether one series of a CSV file helps to predict another; needs no server')
      .requiredOption(
        '--data <file>',
        'CSV, plain or gzip, one row for each equally long interval, oldest first; - reads standard input',
      )
      .requiredOption('--cause <column>', 'the series that may be a cause')
      .requiredOption('--effect <column>', 'the series that it may have an effect on')
      .addOption(new Option('--given <columns...>', 'known common drivers, also parted by commas').default([], 'none'))
      .option('--max-lag <rows>', 'largest lag tested, and the largest the criterion may choose', maxLag, 8)
      .option('--alpha <share>', 'chance of a false edge', numberBetween('--alpha', 0.0001, 0.5), 0.05)
      .addOption(
        new Option('--order <criterion>', 'what chooses the lag of the verdict').choices(['aic', 'bic']).default('aic'),
      )
      .option('--robust', 'judge by p-values that allow for noise of changing strength (HC3)'),
    context,
    async (session, { data, cause, effect, given: drivers, maxLag, alpha, order, robust = false }) => {
      const given = drivers.flatMap((word) => word.split(',')).filter((name) => name !== '');
      const names = [cause, effect, ...given];
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      if (twice !== undefined) {
        throw new HeadgateError(ErrorCode.InvalidArgument, `the column '${twice}' is named twice`, {
          remedy: '--cause, --effect and --given are different columns.',
        });
      }
      const [causeValues = [], effectValues = [], ...givenValues] = await readNumericColumns(
        session.io,
        data,
        names,
        MAX_ROWS,
      );
      const question = { cause: causeValues, effect: effectValues, maxLag, alpha, orderBy: order, robust };
      const answer = testGranger({ ...question, given: givenValues });
      const pairwise = given.length === 0 ? undefined : testGranger(question);
      const columns = [causeValues, effectValues, ...givenValues];
      const told = {
        cause,
        effect,
        given,
        observations: effectValues.length,
        incomplete: effectValues.filter((_, row) => columns.some((values) => Number.isNaN(values[row]))).length,
        constant: names.filter((_, index) => isConstant(columns[index] ?? [])),
        robust,
        answer,
        pairwise,
      };
      session.answer(grangerDocument(told), () => grangerLines(told, session.style));
    },
  );
}

function isConstant(values: readonly number[]): boolean {
  return new Set(values.filter((value) => !Number.isNaN(value))).size <= 1;
}

function maxLag(text: string): number {
  const lag = numberBetween('--max-lag', 1, 100)(text);
  if (Number.isInteger(lag)) return lag;
  throw new HeadgateError(ErrorCode.InvalidArgument, `--max-lag is '${text}', not a whole number of rows`);
}
