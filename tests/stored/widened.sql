BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'widened');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MAXIMIZE',1,0);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_system_attributes" VALUES(1,1,'study:metric_names','["val_accuracy"]');
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_user_attributes" VALUES(1,1,'hpo:budget','{"trials": 8, "timeout": null}');
INSERT INTO "study_user_attributes" VALUES(3,1,'hpo:sessions','[{"started": "2026-11-28T03:58:35+00:00", "python": "3.11.7", "hpo": "0.1.0", "keras": "3.15.1", "tensorflow": "2.21.0", "optuna": "5.0.0", "numpy": "2.4.6", "pillow": "13.0.0", "platform": "Linux-x86_64", "host": "host", "machine": "0123456789abcdef", "cpus": 2, "worked_s": 12.1, "device": "cpu"}, {"started": "2026-11-28T03:59:02+00:00", "python": "3.11.7", "hpo": "0.1.0", "keras": "3.15.1", "tensorflow": "2.21.0", "optuna": "5.0.0", "numpy": "2.4.6", "pillow": "13.0.0", "platform": "Linux-x86_64", "host": "host", "machine": "0123456789abcdef", "cpus": 2, "worked_s": 6.4, "device": "cpu"}]');
INSERT INTO "study_user_attributes" VALUES(4,1,'hpo:fingerprints','{"{\"dataset\":\"digits\",\"test\":0.2}": "4bee0ee0e14ea1848723386933e025cca6305e0d2740d5ea76eb5db27f7f9a96"}');
INSERT INTO "study_user_attributes" VALUES(5,1,'hpo:data','{"dataset": "digits", "classes": 10, "images": {"train": 1149, "validation": 288, "test": 360}, "notes": [], "text": "digits: 1,797 images of 10 classes: 1,149 train, 288 validation, 360 test"}');
INSERT INTO "study_user_attributes" VALUES(6,1,'hpo:test_scores','{"4": {"accuracy": 0.7083333333333334, "loss": 1.7036936743391884, "macro_precision": 0.7969533993133314, "macro_recall": 0.7087880737880738, "macro_f1": 0.7006417639157769, "top_k_accuracy": 0.9833333333333333, "classes": [{"name": "0", "precision": 1.0, "recall": 0.8333, "f1": 0.9091, "images": 36, "predicted": 30}, {"name": "1", "precision": 0.4605, "recall": 0.9722, "f1": 0.625, "images": 36, "predicted": 76}, {"name": "2", "precision": 0.871, "recall": 0.7714, "f1": 0.8182, "images": 35, "predicted": 31}, {"name": "3", "precision": 1.0, "recall": 0.2973, "f1": 0.4583, "images": 37, "predicted": 11}, {"name": "4", "precision": 0.8947, "recall": 0.9444, "f1": 0.9189, "images": 36, "predicted": 38}, {"name": "5", "precision": 0.5833, "recall": 0.5676, "f1": 0.5753, "images": 37, "predicted": 36}, {"name": "6", "precision": 0.8649, "recall": 0.8889, "f1": 0.8767, "images": 36, "predicted": 37}, {"name": "7", "precision": 1.0, "recall": 0.6944, "f1": 0.8197, "images": 36, "predicted": 25}, {"name": "8", "precision": 0.8182, "recall": 0.2571, "f1": 0.3913, "images": 35, "predicted": 11}, {"name": "9", "precision": 0.4769, "recall": 0.8611, "f1": 0.6139, "images": 36, "predicted": 65}]}}');
INSERT INTO "study_user_attributes" VALUES(7,1,'hpo:spec','"{\"study\": \"widened\", \"data\": {\"dataset\": \"digits\", \"validation\": 0.2}, \"model\": {\"family\": \"simple_cnn\", \"depth\": {\"int\": [1, 2]}, \"filters\": {\"choice\": [8, 12]}, \"dense_units\": 16}, \"training\": {\"epochs\": 2, \"batch_size\": 64, \"learning_rate\": {\"float\": [0.0005, 0.01], \"log\": true}}, \"search\": {\"sampler\": \"random\", \"trials\": 8}, \"start_from\": [{\"depth\": 1, \"filters\": 12}, {\"depth\": 2, \"filters\": 12}]}"');
INSERT INTO "study_user_attributes" VALUES(8,1,'hpo:carried','{"trials": 7}');
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,1,1,1.4583332836627960205e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,2,0.125,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,2,1,2.74305552244186401367e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,2,2,4.30555552244186401367e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(5,3,1,1.00694447755813598632e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,3,2,1.38888895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,4,1,2.22222223877906799316e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(8,4,2,1.66666671633720397949e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(9,5,1,2.77777791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(10,5,2,7.15277791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,6,1,6.90972208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,6,2,8.47222208976745605468e-01,'FINITE');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,5,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(2,5,'filters',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 12]}}');
INSERT INTO "trial_params" VALUES(3,5,'learning_rate',5.88192136677526903471e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(4,6,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(5,6,'filters',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 12]}}');
INSERT INTO "trial_params" VALUES(6,6,'learning_rate',8.2068336163195910321e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(7,7,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(8,7,'filters',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 12]}}');
INSERT INTO "trial_params" VALUES(9,7,'learning_rate',5.30554627782925825735e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,1,'fixed_params','{"depth": 2, "filters": 4, "learning_rate": 0.002}');
INSERT INTO "trial_system_attributes" VALUES(2,2,'fixed_params','{"depth": 1}');
INSERT INTO "trial_system_attributes" VALUES(3,6,'fixed_params','{"depth": 1, "filters": 12}');
INSERT INTO "trial_system_attributes" VALUES(4,7,'fixed_params','{"depth": 2, "filters": 12}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(2,1,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(3,1,'measures','{"parameters": 1070, "flops": 16884, "memory": 502720, "model_mb": 0.00428, "duration_s": 1.5783695670015732}');
INSERT INTO "trial_user_attributes" VALUES(4,1,'best_value','0.1458333283662796');
INSERT INTO "trial_user_attributes" VALUES(5,1,'best_epoch','1');
INSERT INTO "trial_user_attributes" VALUES(6,1,'last_value','0.125');
INSERT INTO "trial_user_attributes" VALUES(7,1,'images_per_second','14295.63591584366');
INSERT INTO "trial_user_attributes" VALUES(8,1,'history','{"accuracy": [0.22193211317062378, 0.38555264472961426], "loss": [2.1285557746887207, 1.7815717458724976], "val_accuracy": [0.1458333283662796, 0.125], "val_loss": [2.268488645553589, 2.26127290725708]}');
INSERT INTO "trial_user_attributes" VALUES(9,1,'classes','[{"name": "0", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "1", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "2", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 28, "predicted": 0}, {"name": "3", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 1}, {"name": "4", "precision": 0.1262, "recall": 0.931, "f1": 0.2222, "images": 29, "predicted": 214}, {"name": "5", "precision": 0.375, "recall": 0.1034, "f1": 0.1622, "images": 29, "predicted": 8}, {"name": "6", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "7", "precision": 0.1304, "recall": 0.2069, "f1": 0.16, "images": 29, "predicted": 46}, {"name": "8", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 28, "predicted": 0}, {"name": "9", "precision": 0.3158, "recall": 0.2069, "f1": 0.25, "images": 29, "predicted": 19}]');
INSERT INTO "trial_user_attributes" VALUES(10,2,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(11,2,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(12,2,'measures','{"parameters": 1262, "flops": 8180, "memory": 407680, "model_mb": 0.005048, "duration_s": 0.9753030739993847}');
INSERT INTO "trial_user_attributes" VALUES(13,2,'best_value','0.4305555522441864');
INSERT INTO "trial_user_attributes" VALUES(14,2,'best_epoch','2');
INSERT INTO "trial_user_attributes" VALUES(15,2,'last_value','0.4305555522441864');
INSERT INTO "trial_user_attributes" VALUES(16,2,'images_per_second','17589.349225355298');
INSERT INTO "trial_user_attributes" VALUES(17,2,'history','{"accuracy": [0.2602262794971466, 0.4908616244792938], "loss": [2.0753636360168457, 1.4790199995040894], "val_accuracy": [0.2743055522441864, 0.4305555522441864], "val_loss": [2.178290605545044, 1.847116231918335]}');
INSERT INTO "trial_user_attributes" VALUES(18,2,'classes','[{"name": "0", "precision": 0.875, "recall": 0.9655, "f1": 0.918, "images": 29, "predicted": 32}, {"name": "1", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "2", "precision": 0.2667, "recall": 1.0, "f1": 0.4211, "images": 28, "predicted": 105}, {"name": "3", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "4", "precision": 0.3671, "recall": 1.0, "f1": 0.537, "images": 29, "predicted": 79}, {"name": "5", "precision": 0.7097, "recall": 0.7586, "f1": 0.7333, "images": 29, "predicted": 31}, {"name": "6", "precision": 1.0, "recall": 0.0345, "f1": 0.0667, "images": 29, "predicted": 1}, {"name": "7", "precision": 0.6, "recall": 0.1034, "f1": 0.1765, "images": 29, "predicted": 5}, {"name": "8", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 28, "predicted": 2}, {"name": "9", "precision": 0.3939, "recall": 0.4483, "f1": 0.4194, "images": 29, "predicted": 33}]');
INSERT INTO "trial_user_attributes" VALUES(19,3,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(20,3,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(21,3,'measures','{"parameters": 1070, "flops": 16884, "memory": 502720, "model_mb": 0.00428, "duration_s": 1.2169204859983438}');
INSERT INTO "trial_user_attributes" VALUES(22,3,'best_value','0.1388888955116272');
INSERT INTO "trial_user_attributes" VALUES(23,3,'best_epoch','2');
INSERT INTO "trial_user_attributes" VALUES(24,3,'last_value','0.1388888955116272');
INSERT INTO "trial_user_attributes" VALUES(25,3,'images_per_second','14724.108648220541');
INSERT INTO "trial_user_attributes" VALUES(26,3,'history','{"accuracy": [0.097476065158844, 0.1070496067404747], "loss": [3.1848490238189697, 2.5393083095550537], "val_accuracy": [0.1006944477558136, 0.1388888955116272], "val_loss": [2.293877601623535, 2.2866458892822266]}');
INSERT INTO "trial_user_attributes" VALUES(27,3,'classes','[{"name": "0", "precision": 0.2308, "recall": 0.1034, "f1": 0.1429, "images": 29, "predicted": 13}, {"name": "1", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "2", "precision": 0.1144, "recall": 0.8214, "f1": 0.2009, "images": 28, "predicted": 201}, {"name": "3", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "4", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 3}, {"name": "5", "precision": 0.2453, "recall": 0.4483, "f1": 0.3171, "images": 29, "predicted": 53}, {"name": "6", "precision": 0.0556, "recall": 0.0345, "f1": 0.0426, "images": 29, "predicted": 18}, {"name": "7", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "8", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 28, "predicted": 0}, {"name": "9", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}]');
INSERT INTO "trial_user_attributes" VALUES(28,4,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(29,4,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(30,4,'measures','{"parameters": 1070, "flops": 16884, "memory": 502720, "model_mb": 0.00428, "duration_s": 1.2236696509989997}');
INSERT INTO "trial_user_attributes" VALUES(31,4,'best_value','0.2222222238779068');
INSERT INTO "trial_user_attributes" VALUES(32,4,'best_epoch','1');
INSERT INTO "trial_user_attributes" VALUES(33,4,'last_value','0.1666666716337204');
INSERT INTO "trial_user_attributes" VALUES(34,4,'images_per_second','14556.60910700258');
INSERT INTO "trial_user_attributes" VALUES(35,4,'history','{"accuracy": [0.194952130317688, 0.4186248779296875], "loss": [2.196017265319824, 1.6589159965515137], "val_accuracy": [0.2222222238779068, 0.1666666716337204], "val_loss": [2.2516238689422607, 2.1856496334075928]}');
INSERT INTO "trial_user_attributes" VALUES(36,4,'classes','[{"name": "0", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 1}, {"name": "1", "precision": 0.1383, "recall": 0.8966, "f1": 0.2396, "images": 29, "predicted": 188}, {"name": "2", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 28, "predicted": 0}, {"name": "3", "precision": 0.3333, "recall": 0.0345, "f1": 0.0625, "images": 29, "predicted": 3}, {"name": "4", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "5", "precision": 0.4, "recall": 0.069, "f1": 0.1176, "images": 29, "predicted": 5}, {"name": "6", "precision": 0.4242, "recall": 0.9655, "f1": 0.5895, "images": 29, "predicted": 66}, {"name": "7", "precision": 0.3333, "recall": 0.2069, "f1": 0.2553, "images": 29, "predicted": 18}, {"name": "8", "precision": 0.1429, "recall": 0.0357, "f1": 0.0571, "images": 28, "predicted": 7}, {"name": "9", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}]');
INSERT INTO "trial_user_attributes" VALUES(37,5,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(38,5,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(39,5,'measures','{"parameters": 2338, "flops": 15860, "memory": 785248, "model_mb": 0.009352, "duration_s": 0.9966504669991991}');
INSERT INTO "trial_user_attributes" VALUES(40,5,'best_value','0.7152777910232544');
INSERT INTO "trial_user_attributes" VALUES(41,5,'best_epoch','2');
INSERT INTO "trial_user_attributes" VALUES(42,5,'last_value','0.7152777910232544');
INSERT INTO "trial_user_attributes" VALUES(43,5,'images_per_second','16138.810966901641');
INSERT INTO "trial_user_attributes" VALUES(44,5,'history','{"accuracy": [0.3089643120765686, 0.7119234204292297], "loss": [2.0158777236938477, 1.0592982769012451], "val_accuracy": [0.2777777910232544, 0.7152777910232544], "val_loss": [2.142368793487549, 1.7000967264175415]}');
INSERT INTO "trial_user_attributes" VALUES(45,5,'classes','[{"name": "0", "precision": 1.0, "recall": 0.7931, "f1": 0.8846, "images": 29, "predicted": 23}, {"name": "1", "precision": 0.4833, "recall": 1.0, "f1": 0.6517, "images": 29, "predicted": 60}, {"name": "2", "precision": 0.7586, "recall": 0.7857, "f1": 0.7719, "images": 28, "predicted": 29}, {"name": "3", "precision": 1.0, "recall": 0.4138, "f1": 0.5854, "images": 29, "predicted": 12}, {"name": "4", "precision": 0.7568, "recall": 0.9655, "f1": 0.8485, "images": 29, "predicted": 37}, {"name": "5", "precision": 0.6842, "recall": 0.4483, "f1": 0.5417, "images": 29, "predicted": 19}, {"name": "6", "precision": 0.8182, "recall": 0.931, "f1": 0.871, "images": 29, "predicted": 33}, {"name": "7", "precision": 0.9583, "recall": 0.7931, "f1": 0.8679, "images": 29, "predicted": 24}, {"name": "8", "precision": 1.0, "recall": 0.3214, "f1": 0.4865, "images": 28, "predicted": 9}, {"name": "9", "precision": 0.4762, "recall": 0.6897, "f1": 0.5634, "images": 29, "predicted": 42}]');
INSERT INTO "trial_user_attributes" VALUES(46,1,'hpo:outside','{"params": {"depth": 2, "filters": 4, "learning_rate": 0.002}, "config": {"data": {"dataset": "digits", "validation": 0.2}, "model": {"family": "simple_cnn", "depth": 2, "filters": 4, "dense_units": 16}, "training": {"epochs": 2, "batch_size": 64, "learning_rate": 0.002}}, "reason": "filters = 4, where the new space has 8 or 12"}');
INSERT INTO "trial_user_attributes" VALUES(47,2,'hpo:outside','{"params": {"depth": 1, "filters": 4, "learning_rate": 0.006781503115298613}, "config": {"data": {"dataset": "digits", "validation": 0.2}, "model": {"family": "simple_cnn", "depth": 1, "filters": 4, "dense_units": 16}, "training": {"epochs": 2, "batch_size": 64, "learning_rate": 0.006781503115298613}}, "reason": "filters = 4, where the new space has 8 or 12"}');
INSERT INTO "trial_user_attributes" VALUES(48,3,'hpo:outside','{"params": {"depth": 2, "filters": 4, "learning_rate": 0.0006995621891637884}, "config": {"data": {"dataset": "digits", "validation": 0.2}, "model": {"family": "simple_cnn", "depth": 2, "filters": 4, "dense_units": 16}, "training": {"epochs": 2, "batch_size": 64, "learning_rate": 0.0006995621891637884}}, "reason": "filters = 4, where the new space has 8 or 12"}');
INSERT INTO "trial_user_attributes" VALUES(49,4,'hpo:outside','{"params": {"depth": 2, "filters": 4, "learning_rate": 0.005015629698282254}, "config": {"data": {"dataset": "digits", "validation": 0.2}, "model": {"family": "simple_cnn", "depth": 2, "filters": 4, "dense_units": 16}, "training": {"epochs": 2, "batch_size": 64, "learning_rate": 0.005015629698282254}}, "reason": "filters = 4, where the new space has 8 or 12"}');
INSERT INTO "trial_user_attributes" VALUES(50,6,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(51,6,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(52,6,'measures','{"parameters": 3414, "flops": 23540, "memory": 1162816, "model_mb": 0.013656, "duration_s": 1.2656634279992431}');
INSERT INTO "trial_user_attributes" VALUES(53,6,'best_value','0.8472222089767456');
INSERT INTO "trial_user_attributes" VALUES(54,6,'best_epoch','2');
INSERT INTO "trial_user_attributes" VALUES(55,6,'last_value','0.8472222089767456');
INSERT INTO "trial_user_attributes" VALUES(56,6,'images_per_second','15508.63274061738');
INSERT INTO "trial_user_attributes" VALUES(57,6,'history','{"accuracy": [0.5030461549758911, 0.8529155850410461], "loss": [1.4700924158096313, 0.5306199193000793], "val_accuracy": [0.6909722089767456, 0.8472222089767456], "val_loss": [1.82562255859375, 1.3657598495483398]}');
INSERT INTO "trial_user_attributes" VALUES(58,6,'classes','[{"name": "0", "precision": 0.9355, "recall": 1.0, "f1": 0.9667, "images": 29, "predicted": 31}, {"name": "1", "precision": 0.5577, "recall": 1.0, "f1": 0.716, "images": 29, "predicted": 52}, {"name": "2", "precision": 0.8438, "recall": 0.9643, "f1": 0.9, "images": 28, "predicted": 32}, {"name": "3", "precision": 1.0, "recall": 0.7586, "f1": 0.8627, "images": 29, "predicted": 22}, {"name": "4", "precision": 0.9643, "recall": 0.931, "f1": 0.9474, "images": 29, "predicted": 28}, {"name": "5", "precision": 0.9565, "recall": 0.7586, "f1": 0.8462, "images": 29, "predicted": 23}, {"name": "6", "precision": 1.0, "recall": 0.9655, "f1": 0.9825, "images": 29, "predicted": 28}, {"name": "7", "precision": 0.8621, "recall": 0.8621, "f1": 0.8621, "images": 29, "predicted": 29}, {"name": "8", "precision": 0.8824, "recall": 0.5357, "f1": 0.6667, "images": 28, "predicted": 17}, {"name": "9", "precision": 0.7692, "recall": 0.6897, "f1": 0.7273, "images": 29, "predicted": 26}]');
INSERT INTO "trial_user_attributes" VALUES(59,7,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(60,7,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(61,7,'measures','{"parameters": 4566, "flops": 104948, "memory": 1475584}');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,1.4583332836627960205e-01,'FINITE');
INSERT INTO "trial_values" VALUES(2,2,0,4.30555552244186401367e-01,'FINITE');
INSERT INTO "trial_values" VALUES(3,3,0,1.38888895511627197265e-01,'FINITE');
INSERT INTO "trial_values" VALUES(4,4,0,2.22222223877906799316e-01,'FINITE');
INSERT INTO "trial_values" VALUES(5,5,0,7.15277791023254394531e-01,'FINITE');
INSERT INTO "trial_values" VALUES(6,6,0,8.47222208976745605468e-01,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-28 03:58:38.838082','2026-11-28 03:58:40.916553');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-28 03:58:40.945966','2026-11-28 03:58:42.348521');
INSERT INTO "trials" VALUES(3,2,1,'COMPLETE','2026-11-28 03:58:42.366953','2026-11-28 03:58:43.992101');
INSERT INTO "trials" VALUES(4,3,1,'COMPLETE','2026-11-28 03:58:44.009599','2026-11-28 03:58:45.634562');
INSERT INTO "trials" VALUES(5,4,1,'COMPLETE','2026-11-28 03:58:45.654926','2026-11-28 03:58:47.085177');
INSERT INTO "trials" VALUES(6,5,1,'COMPLETE','2026-11-28 03:59:06.179102','2026-11-28 03:59:07.896096');
INSERT INTO "trials" VALUES(7,6,1,'WAITING','2026-11-28 03:59:07.920197',NULL);
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
COMMIT;
