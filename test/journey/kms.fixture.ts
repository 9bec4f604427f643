import { App } from 'aws-cdk-lib';
import { CustomerKeysStack } from '../templates/customer-keys-stack';

new CustomerKeysStack(new App(), 'Videos');
