import { pointStoreContract } from './contracts/point-store';
import { describeEngine, dynamodbLocal } from './support/engines';
import { dynalitePoints, pointConfig } from './support/point-stores';

describe('Point reads on dynalite', () => {
  pointStoreContract(dynalitePoints);
});

describeEngine('dynamodb', "Point reads on Amazon's DynamoDB Local", () => {
  pointStoreContract(async () => ({
    config: pointConfig((await dynamodbLocal()).endpoint),
    // Shared with other files.
    close: async () => undefined,
  }));
});
