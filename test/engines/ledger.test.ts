import { ledgerContract } from './contracts/ledger';
import { describeEngine, dynamodbLocal } from './support/engines';
import { pointConfig } from './support/point-stores';

describeEngine('dynamodb', "The ledger on Amazon's DynamoDB Local", () => {
  ledgerContract(async () => ({
    config: pointConfig((await dynamodbLocal()).endpoint),
    // Shared with other files.
    close: async () => undefined,
  }));
});
