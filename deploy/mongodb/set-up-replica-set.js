// Run by mongosh: makes the replica set and Headgate's own user. Safe to repeat.
/* global Mongo, process, sleep, print */
'use strict';

const NOT_YET_INITIALIZED = 94;
const USER_NOT_FOUND = 11;
const members = ['mongodb-1:27017', 'mongodb-2:27017', 'mongodb-3:27017'];

const admin = new Mongo(`mongodb://${members[0]}/?directConnection=true`).getDB('admin');
admin.auth('root', process.env.MONGODB_ROOT_PASSWORD);

try {
  admin.runCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.code !== NOT_YET_INITIALIZED) throw error;
  admin.runCommand({ replSetInitiate: { _id: 'headgate', members: members.map((host, _id) => ({ _id, host })) } });
  print('replica set made');
}

// Whichever member is the primary takes the user.
const address = `mongodb://${members.join(',')}/?replicaSet=headgate`;
let primary;
for (let attempt = 0; primary === undefined; attempt += 1) {
  try {
    const candidate = new Mongo(address).getDB('admin');
    candidate.auth('root', process.env.MONGODB_ROOT_PASSWORD);
    if (candidate.runCommand({ hello: 1 }).isWritablePrimary) primary = candidate;
  } catch (error) {
    if (attempt >= 60) throw error;
  }
  if (primary === undefined) {
    if (attempt >= 60) throw new Error('the replica set has no primary');
    sleep(1000);
  }
}

const headgate = primary.getSiblingDB('headgate');
const user = {
  pwd: process.env.MONGODB_PASSWORD,
  roles: [
    { role: 'readWrite', db: 'headgate' },
    { role: 'dbAdmin', db: 'headgate' },
  ],
};
try {
  headgate.runCommand({ updateUser: 'headgate', ...user });
} catch (error) {
  if (error.code !== USER_NOT_FOUND) throw error;
  headgate.runCommand({ createUser: 'headgate', ...user });
  print('user headgate made');
}
