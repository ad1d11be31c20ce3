import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { buildEntry, readEntry, sha256Of } from '../cache';
import { lastWords } from '../run-command';
import { MONGO_STANDIN } from '../versions';
import { findOnPath } from './find-on-path';
import type { Program, Way, WayOutcome } from './way';
import { VERSION_TIMEOUT_MS, type WaysContext } from './ways-context';

const MAVEN_TIMEOUT_MS = 5 * 60_000;
const JAVA_REMEDY = `Install a JDK ${MONGO_STANDIN.oldestJava} or later (Debian: apt-get install openjdk-17-jdk-headless).`;

/** The ways to the stand-in for MongoDB: a build kept from before, or a new one out of Maven Central. */
export function standinWays(context: WaysContext): { cached: Way; build: Way } {
  return {
    cached: { name: 'cache of the stand-in', attempt: () => fromCache(context) },
    build: { name: 'Maven Central', attempt: () => byMaven(context) },
  };
}

async function fromCache(context: WaysContext): Promise<WayOutcome> {
  const key = await cacheKey();
  const entry = await readEntry(context.cacheRoot, key, context.log);
  if (entry === undefined) return { declined: 'nothing usable in it' };
  await verifyJars(join(entry.dir, 'lib'));
  const java = await findJava('java', context);
  if (typeof java !== 'string') return java;
  return { taken: program(java, entry.dir, 'cached') };
}

/** Maven checks the archives against Central's checksums; all jars are then checked against the pinned list. */
async function byMaven(context: WaysContext): Promise<WayOutcome> {
  const { env, run, cacheRoot, log } = context;
  for (const tool of ['java', 'javac']) {
    const found = await findJava(tool, context);
    if (typeof found !== 'string') return found;
  }
  const java = await findJava('java', context);
  const mvn = await findOnPath('mvn', env);
  if (mvn === undefined)
    return { declined: 'mvn is not installed', remedy: 'Install Maven (Debian: apt-get install maven).' };
  const build = async (dir: string): Promise<void> => {
    log(
      `mongodb: building the stand-in mongo-java-server ${MONGO_STANDIN.version} from Maven Central; once, about 15 s`,
    );
    const project = join(dir, 'project');
    await cp(sourceDir(), project, { recursive: true, filter: (path) => !/[/\\]target$/.test(path) });
    const args = [
      '-q',
      '-B',
      '-C',
      '-Daether.connector.connectTimeout=5000',
      '-Dmaven.wagon.http.retryHandler.count=1',
      'process-classes',
    ];
    const built = await run(mvn, args, { env, cwd: project, timeoutMs: MAVEN_TIMEOUT_MS });
    if (built.code !== 0) throw new Error(`mvn failed: ${lastWords(built, MAVEN_TIMEOUT_MS)}`);
    await verifyJars(join(project, 'target', 'lib'));
    for (const part of ['lib', 'classes']) await rename(join(project, 'target', part), join(dir, part));
    await rm(project, { recursive: true });
  };
  const entry = await buildEntry({ root: cacheRoot, key: await cacheKey(), origin: 'built', log, build });
  return { taken: program(java as string, entry.dir, 'built from Maven Central') };
}

/** The tool's path when it is there and recent enough, else the refusal with its remedy. */
async function findJava(tool: string, { env, run }: WaysContext): Promise<string | WayOutcome> {
  const path = await findOnPath(tool, env);
  if (path === undefined) return { declined: `${tool} is not installed`, remedy: JAVA_REMEDY };
  const { code, stdout, stderr } = await run(path, ['-version'], { env, timeoutMs: VERSION_TIMEOUT_MS });
  const major = Number(/(?:version "|javac )(\d+)/.exec(stdout + stderr)?.[1]);
  if (code !== 0 || !Number.isFinite(major))
    return { declined: `${path} does not say its version`, remedy: JAVA_REMEDY };
  if (major < MONGO_STANDIN.oldestJava) return { declined: `${path} is version ${major}`, remedy: JAVA_REMEDY };
  return path;
}

/**
 * Compares a folder of jars with the pinned list: none missing, none more, none different.
 *
 * @throws {HeadgateError} STACK_UNAVAILABLE naming the first jar that differs
 */
export async function verifyJars(lib: string, listFile = join(sourceDir(), 'jars.sha256')): Promise<void> {
  const lines = (await readFile(listFile, 'utf8')).trim().split('\n');
  const pinned = new Map(
    lines.map((line) => line.trim().split(/\s+\*?/)).map(([digest = '', name = '']) => [name, digest]),
  );
  const present = await readdir(lib);
  for (const name of new Set([...pinned.keys(), ...present])) {
    const actual = present.includes(name) ? await sha256Of(join(lib, name)) : 'missing';
    if (actual === pinned.get(name)) continue;
    throw new HeadgateError(
      ErrorCode.StackUnavailable,
      `${name} is ${actual === 'missing' ? actual : `sha256 ${actual}`}, pinned is ${pinned.get(name) ?? 'nothing of this name'}`,
      { remedy: "Look at Maven's mirror settings and empty ~/.m2/repository/de/bwaldvogel before another try." },
    );
  }
}

/** The stand-in's sources: beside this folder when run from TypeScript, in the package's own tree when built. */
function sourceDir(): string {
  const candidates = [
    join(__dirname, '..', 'mongo-standin'),
    join(__dirname, '..', '..', '..', 'stack', 'mongo-standin'),
  ];
  const found = candidates.find((dir) => existsSync(join(dir, 'pom.xml')));
  if (found !== undefined) return found;
  throw new HeadgateError(ErrorCode.StackUnavailable, `the stand-in's sources are missing: ${candidates.join(', ')}`);
}

/** Changed sources or pins make a new entry, so an old build is never taken for a new one. */
async function cacheKey(): Promise<string> {
  const dir = sourceDir();
  const hash = createHash('sha256');
  const files = (await readdir(dir, { recursive: true })).filter(
    (file) => /\.(java|xml|sha256)$/.test(file) && !file.startsWith('target'),
  );
  for (const file of files.sort()) hash.update(file).update(await readFile(join(dir, file)));
  return `mongo-standin-${MONGO_STANDIN.version}-${hash.digest('hex').slice(0, 12)}`;
}

/**
 * A thread of the server waits with each commit. With its default, two for each core, four of its clients are served at
 * a time.
 */
const SERVER_THREADS = 32;

function program(java: string, dir: string, how: string): Program {
  const classpath = [join(dir, 'lib', '*'), join(dir, 'classes')].join(delimiter);
  return {
    engine: 'standin',
    command: java,
    args: [
      '-Xmx512m',
      '-XX:+UseSerialGC',
      `-Dio.netty.eventLoopThreads=${SERVER_THREADS}`,
      ...['-cp', classpath, 'dev.headgate.standin.MongoStandin'],
    ],
    origin: `stand-in mongo-java-server ${MONGO_STANDIN.version}, ${how}`,
  };
}
